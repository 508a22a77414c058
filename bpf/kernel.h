/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 *
 * The parts of the kernel's types that perfscope reads. CO-RE relocates every access to the running
 * kernel's layout, so a struct lists the fields used and nothing else. A suffix ___ marks a flavour:
 * the same struct as another kernel version has it.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kernfs_node {
	__u64 id; /* the cgroup id, as bpf_get_current_cgroup_id() and name_to_handle_at() give it */
};

struct cgroup {
	struct kernfs_node *kn;
	int level;
	struct cgroup *ancestors[]; /* since commit 7f203bc89eb6 ("cgroup: Replace cgroup->ancestor_ids[] with ->ancestors[]", v6.1) */
};

struct cgroup___pre_6_1 {
	int level;
	__u64 ancestor_ids[];
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live; /* threads that have not begun to exit */
};

struct task_struct {
	unsigned int __state; /* since commit 2f064a59a11f ("sched: Change task_struct::state", v5.14) */
	int on_cpu;
	int exit_state; /* not zero: a zombie */
	int pid;  /* thread id */
	int tgid; /* process id */
	struct task_struct *group_leader;
	__u64 start_boottime;
	__u64 self_exec_id;
	unsigned int flags;
	unsigned int in_execve : 1;
	void *stack;
	struct task_struct *real_parent;
	char comm[16];
	struct css_set *cgroups;
	struct signal_struct *signal;
};

struct task_struct___pre_5_14 {
	long state;
};

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

struct bpf_perf_event_data; /* the context of a perf_event program, passed on and never read */

/* include/linux/sched.h */
enum { TASK_RUNNING = 0, TASK_DEAD = 0x80, PF_KTHREAD = 0x00200000 };
