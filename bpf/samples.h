/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 *
 * Weighted stack samples, summed in the kernel. Two maps take turns: user space flips `generation`
 * and then empties the map that nobody writes to any more, so that no update is lost to the reading.
 */
#pragma once

#include "shared.h"

struct sample_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct ps_sample_key);
	__type(value, struct ps_sample_value);
} samples_even SEC(".maps"), samples_odd SEC(".maps");

volatile __u32 generation = 0;

/* A key holds the thread, and a thread is on one CPU at a time: no two CPUs add to the same value. */
static __always_inline void add_to(void *map, const struct ps_sample_key *key, __u64 value)
{
	struct ps_sample_value first = { .value = value, .count = 1 };
	struct ps_sample_value *sum = bpf_map_lookup_elem(map, key);

	if (sum) {
		sum->value += value;
		sum->count++;
	} else if (bpf_map_update_elem(map, key, &first, BPF_NOEXIST)) {
		drop(PS_DROP_SAMPLES_FULL);
	}
}

static __always_inline void add_sample(const struct ps_sample_key *key, __u64 value)
{
	if (generation & 1)
		add_to(&samples_odd, key, value);
	else
		add_to(&samples_even, key, value);
}
