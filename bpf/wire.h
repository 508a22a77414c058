/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 *
 * What crosses between the kernel side and user space. Plain C, included by both; sizes are asserted
 * because the two sides are compiled by different compilers.
 */
#pragma once

#include <linux/types.h>

/* Frames a stack may have, and those that the kernel's own stack walk gives:
 * kernel.perf_event_max_stack is 127 unless raised. */
#define PS_MAX_FRAMES 512
#define PS_WALK_FRAMES 127

enum ps_thread_state {
	PS_ON_CPU = 0,
	PS_RUNNABLE = 1,
	PS_BLOCKED = 2,
	PS_STATES = 3,
	PS_ENDED = 3, /* the thread is gone; its sums have been handed over */
};

/* Stack ids below PS_STACK_FIRST say why there is no stack. */
enum ps_stack_id {
	PS_STACK_NONE = 0,        /* there is no such half: a kernel thread, or user code alone */
	PS_STACK_UNREADABLE = 1,  /* the helper failed */
	PS_STACK_BEFORE = 2,      /* the wait began before the recording */
	PS_STACK_LOST = 3,        /* the ring was full when the stack was first seen */
	PS_STACK_FIRST = 16,
};

/* Where a user stack ends, and why. The first two are complete stacks. */
enum ps_stack_end {
	PS_END_ROOT = 0,          /* outermost by its unwind table: _start, clone */
	PS_END_ZERO = 1,          /* outermost by the ABI: a return address or frame pointer of 0 */
	PS_END_WALKED = 2,        /* not judged: the kernel followed frame pointers */
	PS_END_NO_PROCESS = 3,    /* mappings not known yet; the kernel followed frame pointers */
	PS_END_NO_MAPPING = 4,    /* an address outside all known code */
	PS_END_NO_PAGE = 5,       /* table not built yet */
	PS_END_READ = 6,          /* stack memory could not be read */
	PS_END_EXEC = 7,          /* the same, in the middle of an exec */
	PS_END_BAD_RULE = 8,      /* the table says what cannot be followed */
	PS_END_FRAME_POINTER = 9, /* code without table, and no plausible frame pointer */
	PS_END_TOO_DEEP = 10,     /* PS_MAX_FRAMES */
	PS_ENDS = 11,
};

/* Everything that is seen and not kept is counted by reason; user space has the names. */
enum ps_drop {
	PS_DROP_STACK_RING = 0,   /* stack ring full: the time is kept, its stack is not */
	PS_DROP_SAMPLES_FULL = 1, /* sample map full: the time is lost */
	PS_DROP_THREAD_STATE = 2, /* no memory for a thread's state */
	PS_DROP_ENDED_RING = 3,   /* ended-thread ring full: that thread's last slice is lost */
	PS_DROP_BELOW_MIN = 4,    /* shorter than the minimum block time: in the ledger, without stack */
	PS_DROP_TARGETS_FULL = 5, /* a child of a target could not be followed */
	PS_DROP_IDLE = 6,         /* not a loss: CPU samples of the idle task */
	PS_DROPS = 7,
};

enum ps_filter_mode { PS_ALL = 0, PS_PIDS = 1, PS_TID = 2, PS_CGROUP = 3 };

/* Set before load, constant afterwards: what to look at, and how deep. */
struct ps_filter {
	__u32 mode; /* enum ps_filter_mode */
	__u32 tid;
	__u64 cgroup_id;
	__u32 cgroup_level; /* depth of the cgroup below the root of the v2 hierarchy */
	__u8 user_stacks;
	__u8 kernel_stacks;
	__u8 unwind; /* user stacks by unwind tables, else by frame pointers */
	__u8 pad;
};

/* One program image of one process. */
struct ps_process {
	__u64 start_ns; /* CLOCK_BOOTTIME start of the group leader */
	__u32 tgid;
	__u32 exec_id;
};

/* Key and value of the sample maps. */
struct ps_sample_key {
	struct ps_process process;
	__u64 user_stack;
	__u64 kernel_stack;
	__u32 tid;
	__u32 state; /* enum ps_thread_state */
};

struct ps_sample_value {
	__u64 value; /* cpu: samples; offcpu: ns */
	__u64 count;
};

/* Stack ring: a stack seen for the first time. Leaf first, `frames` of them. */
struct ps_stack_event {
	__u64 id;
	struct ps_process process; /* zero for kernel stacks */
	char comm[16]; /* of the thread that first had it; user stacks only */
	__u32 frames;
	__u16 is_user;
	__u16 end; /* enum ps_stack_end; user stacks only */
	__u64 ips[PS_MAX_FRAMES];
};

/* What the offcpu probe knows of a thread. Times are CLOCK_MONOTONIC. */
struct ps_thread {
	struct ps_process process;
	__u32 tid;
	__u32 state; /* enum ps_thread_state, since since_ns */
	__u64 since_ns;
	__u64 reported_ns;         /* the current wait is in the samples up to here */
	__u64 state_ns[PS_STATES]; /* sums of finished stretches */
	__u64 user_stack;          /* at the last switch out */
	__u64 kernel_stack;
	__u32 version; /* odd while the record is being written */
	__u32 passes;  /* of the iterator */
};

/* A thread as the iterator or the ended-thread ring hands it over. */
struct ps_thread_record {
	struct ps_thread thread;
	__u64 now_ns;
	char comm[16];
};

#ifdef __cplusplus
#define PS_ASSERT_SIZE(type, size) static_assert(sizeof(type) == (size))
#else
#define PS_ASSERT_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type)
#endif
PS_ASSERT_SIZE(struct ps_filter, 24);
PS_ASSERT_SIZE(struct ps_process, 16);
PS_ASSERT_SIZE(struct ps_sample_key, 40);
PS_ASSERT_SIZE(struct ps_sample_value, 16);
PS_ASSERT_SIZE(struct ps_stack_event, 48 + 8 * PS_MAX_FRAMES);
PS_ASSERT_SIZE(struct ps_thread, 88);
PS_ASSERT_SIZE(struct ps_thread_record, 112);
