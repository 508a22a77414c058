/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 *
 * The unwinder's maps. They belong to the session, as those of shared.h do.
 */
#pragma once

#include "unwind_wire.h"

#include <bpf/bpf_helpers.h>

/* Memory that user space writes by mmap, grown slab by slab. */
struct unwind_slab {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__uint(value_size, PS_SLAB_BYTES + PS_SLAB_SLACK);
	__uint(map_flags, BPF_F_MMAPABLE);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, PS_MAX_SLABS);
	__type(key, __u32);
	__array(values, struct unwind_slab);
} uw_slabs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PS_MAX_MODULES);
	__type(key, __u32);
	__type(value, struct ps_module);
} uw_modules SEC(".maps");

/* By process id. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PS_MAX_PROCESSES);
	__type(key, __u32);
	__type(value, struct ps_known_process);
} uw_processes SEC(".maps");

/* What is missing (ps_request); every request wakes user space. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 17);
} uw_requests SEC(".maps");

/* When something was last asked for about a process, so that it is not asked with every sample. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct ps_process);
	__type(value, __u64);
} uw_asked SEC(".maps");
