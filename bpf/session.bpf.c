// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What belongs to a recording and to no probe: the maps that probes share (shared.h, unwind_maps.h),
 * and following the children of the processes that are recorded.
 */
#include "shared.h"
#include "unwind_maps.h"

static __always_inline void follow(struct task_struct *parent, struct task_struct *child, bool btf)
{
	__u32 parent_tgid = (__u32)TASK_READ(btf, parent, tgid);
	__u32 child_tgid = (__u32)TASK_READ(btf, child, tgid);
	__u8 one = 1;

	if (parent_tgid == child_tgid || !bpf_map_lookup_elem(&targets, &parent_tgid))
		return;
	if (bpf_map_update_elem(&targets, &child_tgid, &one, BPF_ANY))
		drop(PS_DROP_TARGETS_FULL);
}

/* With its last thread a target leaves the set, or its number's next owner would be taken for it. */
static __always_inline void forget(struct task_struct *task)
{
	__u32 tgid = (__u32)BPF_CORE_READ(task, tgid);
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	int live = 0;

	bpf_core_read(&live, sizeof(live), &signal->live.counter);
	if (live == 0)
		bpf_map_delete_elem(&targets, &tgid);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(fork_btf, struct task_struct *parent, struct task_struct *child)
{
	follow(parent, child, true);
	return 0;
}

SEC("raw_tp/sched_process_fork")
int BPF_PROG(fork_raw, struct task_struct *parent, struct task_struct *child)
{
	follow(parent, child, false);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(exit_btf, struct task_struct *task)
{
	forget(task);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int BPF_PROG(exit_raw, struct task_struct *task)
{
	forget(task);
	return 0;
}
