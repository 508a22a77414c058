// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * cpu: where threads run. A perf event on every CPU fires at a fixed rate; each time the running
 * thread's user and kernel stacks are counted.
 */
#include "samples.h"
#include "stacks.h"

SEC("perf_event")
int cpu_sample(struct bpf_perf_event_data *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 id = bpf_get_current_pid_tgid();
	struct ps_sample_key key = {};

	key.tid = (__u32)id;
	if (key.tid == 0) {
		drop(PS_DROP_IDLE);
		return 0;
	}
	if (!is_target(task, id >> 32, key.tid))
		return 0;
	key.process = process_of(task, false);
	key.state = PS_ON_CPU;
	key.kernel_stack = kernel_stack(ctx);
	key.user_stack = sampled_user_stack((struct user_registers *)ctx, &key.process,
					    BPF_CORE_READ(task, flags) & PF_KTHREAD);
	add_sample(&key, 1);
	return 0;
}
