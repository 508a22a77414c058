/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 *
 * What every probe includes: the maps of session.bpf.c, which all probes of a recording share, the
 * target filter, and the identity of a task. User space points the maps of each probe's object at
 * those of the session before it loads the probe.
 */
#pragma once

#include "kernel.h"
#include "wire.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct ps_filter filter = {};

/* Targets by process id, when the filter is by process. Filled by user space and by the fork
 * follower; a process id leaves when the process does. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u8);
} targets SEC(".maps");

/* Stacks on their way to user space, each once (ps_stack_event, cut after its last frame). */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} stacks SEC(".maps");

/* Ids of stacks that user space has. An id pushed out is sent again: no harm. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, __u64);
	__type(value, __u8);
} seen SEC(".maps");

/* enum ps_drop -> count, of this object alone. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PS_DROPS);
	__type(key, __u32);
	__type(value, __u64);
} drops SEC(".maps");

static __always_inline void drop(__u32 reason)
{
	__u64 *count = bpf_map_lookup_elem(&drops, &reason);
	if (count)
		++*count;
}

/* Reads a field of a task: directly where the verifier knows the pointer (btf), by helper elsewhere.
 * `btf` is a compile-time constant, one of the two disappears. */
#define TASK_READ(btf, task, field) ((btf) ? (task)->field : BPF_CORE_READ(task, field))

static __always_inline bool in_cgroup(struct task_struct *task)
{
	struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	int level = filter.cgroup_level & 63;

	if (BPF_CORE_READ(cgroup, level) < level)
		return false;
	if (bpf_core_field_exists(cgroup->ancestors)) {
		struct cgroup *ancestor = NULL;
		bpf_core_read(&ancestor, sizeof(ancestor), &cgroup->ancestors[level]);
		return BPF_CORE_READ(ancestor, kn, id) == filter.cgroup_id;
	}
	struct cgroup___pre_6_1 *old = (void *)cgroup;
	__u64 id = 0;
	bpf_core_read(&id, sizeof(id), &old->ancestor_ids[level]);
	return id == filter.cgroup_id;
}

static __always_inline bool is_target(struct task_struct *task, __u32 tgid, __u32 tid)
{
	switch (filter.mode) {
	case PS_ALL:
		return true;
	case PS_PIDS:
		return bpf_map_lookup_elem(&targets, &tgid) != NULL;
	case PS_TID:
		return tid == filter.tid;
	case PS_CGROUP:
		return in_cgroup(task);
	}
	return false;
}

static __always_inline struct ps_process process_of(struct task_struct *task, bool btf)
{
	struct ps_process process = {
		/* By helper in both cases: following a pointer makes the verifier search the kernel's
		 * type information by name, several milliseconds a time. */
		.start_ns = BPF_CORE_READ(task, group_leader, start_boottime),
		.tgid = (__u32)TASK_READ(btf, task, tgid),
		.exec_id = (__u32)TASK_READ(btf, task, self_exec_id),
	};
	return process;
}
