// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * offcpu: where threads wait, and for how long each thread ran, was runnable and was blocked.
 *
 * State is kept by thread, never by CPU, so that a thread which moves between two CPUs while it waits
 * keeps its interval. The stack is taken when a thread leaves the CPU, while it is still the current
 * one; the time is known, and added, when the wait ends:
 *
 *   on CPU --switch out, preempted--> runnable --switch in--> on CPU
 *   on CPU --switch out, asleep-----> blocked --wakeup--> runnable --switch in--> on CPU
 */
#include "samples.h"
#include "stacks.h"

const volatile __u64 min_block_ns = 0;
const volatile bool use_task_storage = true; /* false: the thread map, for kernels before 5.11 */

/* Thread -> state. Goes away with the thread. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct ps_thread);
} by_task SEC(".maps");

/* The same by thread id, where task storage cannot be had. Deleted at the thread's last switch. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct ps_thread);
} by_tid SEC(".maps");

/* Threads that ended, with their final sums. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 19);
} ended SEC(".maps");

static __always_inline struct ps_thread *find_thread(struct task_struct *task, __u32 tid)
{
	if (use_task_storage)
		return bpf_task_storage_get(&by_task, task, 0, 0);
	return bpf_map_lookup_elem(&by_tid, &tid);
}

static __always_inline struct ps_thread *make_thread(struct task_struct *task, __u32 tid)
{
	struct ps_thread *thread;

	if (use_task_storage) {
		thread = bpf_task_storage_get(&by_task, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	} else {
		struct ps_thread blank = {};
		bpf_map_update_elem(&by_tid, &tid, &blank, BPF_NOEXIST);
		thread = bpf_map_lookup_elem(&by_tid, &tid);
	}
	if (!thread)
		drop(PS_DROP_THREAD_STATE);
	return thread;
}

/* Starts a thread's account: nothing is known of it before `now`. */
static __always_inline void open_account(struct ps_thread *thread, struct task_struct *task,
					 __u32 tid, __u32 state, __u64 now, bool btf)
{
	thread->process = process_of(task, btf);
	thread->tid = tid;
	thread->state = state;
	thread->reported_ns = now;
	thread->user_stack = PS_STACK_BEFORE;
	thread->kernel_stack = PS_STACK_NONE;
	thread->since_ns = now;
}

/* The thread's account, opened now if this is a target that was not seen before. */
static __always_inline struct ps_thread *account_of(struct task_struct *task, __u32 state, __u64 now,
						    bool btf)
{
	__u32 tid = (__u32)TASK_READ(btf, task, pid);
	struct ps_thread *thread;

	if (tid == 0)
		return NULL;
	thread = find_thread(task, tid);
	if (thread && thread->since_ns)
		return thread;
	if (!is_target(task, (__u32)TASK_READ(btf, task, tgid), tid))
		return NULL;
	thread = make_thread(task, tid);
	if (thread)
		open_account(thread, task, tid, state, now, btf);
	return thread;
}

static __always_inline void report_wait(const struct ps_thread *thread, __u64 now)
{
	struct ps_sample_key key = {
		.process = thread->process,
		.user_stack = thread->user_stack,
		.kernel_stack = thread->kernel_stack,
		.tid = thread->tid,
		.state = thread->state,
	};

	__u64 from = thread->reported_ns > thread->since_ns ? thread->reported_ns : thread->since_ns;

	if (now - thread->since_ns < min_block_ns)
		drop(PS_DROP_BELOW_MIN);
	else if (now > from)
		add_sample(&key, now - from);
}

/* Closes the stretch that the thread is in and starts the next. */
static __always_inline void change_state(struct ps_thread *thread, __u32 state, __u64 now)
{
	__u32 old = thread->state;

	__sync_fetch_and_add(&thread->version, 1);
	if (old != PS_ON_CPU)
		report_wait(thread, now);
	if (old < PS_STATES && now > thread->since_ns)
		thread->state_ns[old] += now - thread->since_ns;
	thread->state = state;
	thread->since_ns = now;
	thread->reported_ns = now;
	__sync_fetch_and_add(&thread->version, 1);
}

static __always_inline void send_ended(const struct ps_thread *thread, struct task_struct *task,
				       __u64 now, bool btf)
{
	struct ps_thread_record *record = bpf_ringbuf_reserve(&ended, sizeof(*record), 0);

	if (!record) {
		drop(PS_DROP_ENDED_RING);
		return;
	}
	__builtin_memcpy(&record->thread, thread, sizeof(*thread));
	record->now_ns = now;
	bpf_probe_read_kernel(record->comm, sizeof(record->comm), task->comm);
	bpf_ringbuf_submit(record, bpf_ringbuf_query(&ended, BPF_RB_AVAIL_DATA) > (1 << 18) ?
					   BPF_RB_FORCE_WAKEUP :
					   BPF_RB_NO_WAKEUP);
}

/* An exec gives the thread a new image: the old one's account ends. */
static __always_inline void follow_exec(struct ps_thread *thread, struct task_struct *task, __u64 now,
					bool btf)
{
	if ((__u32)TASK_READ(btf, task, self_exec_id) == thread->process.exec_id)
		return;
	send_ended(thread, task, now, btf);
	__builtin_memset(thread->state_ns, 0, sizeof(thread->state_ns));
	thread->process = process_of(task, btf);
	thread->tid = (__u32)TASK_READ(btf, task, pid);
}

static __always_inline __u32 sleep_state(struct task_struct *task, bool btf)
{
	if (bpf_core_field_exists(task->__state))
		return TASK_READ(btf, task, __state);
	return (__u32)BPF_CORE_READ((struct task_struct___pre_5_14 *)task, state);
}

static __always_inline void switch_out(void *ctx, struct task_struct *task, bool preempted, __u64 now,
				       bool btf)
{
	__u32 state = sleep_state(task, btf);
	bool runnable = preempted || state == TASK_RUNNING;
	struct ps_thread *thread = account_of(task, PS_ON_CPU, now, btf);

	if (!thread)
		return;
	change_state(thread, runnable ? PS_RUNNABLE : PS_BLOCKED, now);
	if (!runnable && (state & TASK_DEAD)) {
		__u32 tid = thread->tid;
		send_ended(thread, task, now, btf);
		thread->state = PS_ENDED;
		if (!use_task_storage)
			bpf_map_delete_elem(&by_tid, &tid);
		return;
	}
	follow_exec(thread, task, now, btf);
	thread->kernel_stack = kernel_stack(ctx);
	thread->user_stack = user_stack(ctx, &thread->process,
					TASK_READ(btf, task, flags) & PF_KTHREAD);
}

static __always_inline void wake(struct task_struct *task, bool btf)
{
	__u64 now = bpf_ktime_get_ns();
	struct ps_thread *thread = account_of(task, PS_RUNNABLE, now, btf);

	if (thread && thread->state == PS_BLOCKED)
		change_state(thread, PS_RUNNABLE, now);
}

static __always_inline void handle_switch(void *ctx, bool preempted, struct task_struct *prev,
					  struct task_struct *next, bool btf)
{
	__u64 now = bpf_ktime_get_ns();
	struct ps_thread *thread;

	switch_out(ctx, prev, preempted, now, btf);
	thread = account_of(next, PS_ON_CPU, now, btf);
	if (thread && thread->state != PS_ON_CPU)
		change_state(thread, PS_ON_CPU, now);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(switch_btf, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	handle_switch(ctx, preempt, prev, next, true);
	return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(wakeup_btf, struct task_struct *task)
{
	wake(task, true);
	return 0;
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(wakeup_new_btf, struct task_struct *task)
{
	wake(task, true);
	return 0;
}

SEC("raw_tp/sched_switch")
int BPF_PROG(switch_raw, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	handle_switch(ctx, preempt, prev, next, false);
	return 0;
}

SEC("raw_tp/sched_wakeup")
int BPF_PROG(wakeup_raw, struct task_struct *task)
{
	wake(task, false);
	return 0;
}

SEC("raw_tp/sched_wakeup_new")
int BPF_PROG(wakeup_new_raw, struct task_struct *task)
{
	wake(task, false);
	return 0;
}

static __always_inline __u32 current_state(struct task_struct *task)
{
	if (task->on_cpu)
		return PS_ON_CPU;
	return sleep_state(task, true) == TASK_RUNNING ? PS_RUNNABLE : PS_BLOCKED;
}

static __always_inline __u64 sleeping_stack(struct task_struct *task)
{
	struct stack_scratch *scratch = stack_scratch(SCRATCH_ITERATOR);

	if (!filter.kernel_stacks || !scratch)
		return PS_STACK_NONE;
	return intern_kernel(&scratch->event, SCRATCH_ITERATOR,
			     bpf_get_task_stack(task, scratch->event.ips,
						PS_WALK_FRAMES * sizeof(__u64), 0));
}

/* Hands over every target thread. The first pass opens the accounts of threads that have not been
 * switched yet; each pass reports what has passed of the waits that are still open. */
SEC("iter/task")
int dump_threads(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct ps_thread_record record = {};
	struct ps_thread *thread;
	__u32 version;

	if (!task || task->exit_state)
		return 0;
	record.now_ns = bpf_ktime_get_ns();
	thread = account_of(task, current_state(task), record.now_ns, true);
	if (!thread || thread->state == PS_ENDED)
		return 0;
	if (thread->since_ns == record.now_ns && thread->state == PS_BLOCKED)
		thread->kernel_stack = sleeping_stack(task);

	version = thread->version;
	__builtin_memcpy(&record.thread, thread, sizeof(record.thread));
	if (thread->state != PS_ON_CPU && record.now_ns - thread->since_ns >= min_block_ns)
		thread->reported_ns = record.now_ns;
	/* A switch at the same time wins: it reports the wait itself. The atomic is the barrier. */
	__sync_fetch_and_add(&thread->passes, 1);
	if (version & 1 || thread->version != version)
		return 0;
	bpf_probe_read_kernel(record.comm, sizeof(record.comm), task->comm);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}
