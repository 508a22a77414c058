/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 *
 * From one frame to its caller: by rule, by frame pointer, or out of a signal handler. What these
 * return is what a step returns: 1 when there is no further frame.
 */
#pragma once

#include "unwind_state.h"

#define UNWIND_FP_REACH (1 << 20) /* no function's frame is larger */
#define UNWIND_LOWEST_CODE 4096

/* The word at a stack address. A window that would reach beyond the stack's end cannot be read. */
static __always_inline bool read_stack(struct unwind_state *state, __u64 address, __u64 *value)
{
	if (address < state->window_begin || address >= state->window_end || (address & 7)) {
		__u64 begin = (address - 64) & ~7ULL;
		if ((address & 7) || bpf_probe_read_user(state->window, UNWIND_WINDOW, (void *)begin)) {
			state->window_begin = state->window_end = 0;
			return bpf_probe_read_user(value, sizeof(*value), (void *)address) == 0;
		}
		state->window_begin = begin;
		state->window_end = begin + UNWIND_WINDOW;
	}
	*value = state->window[(address - state->window_begin) >> 3 & (UNWIND_WINDOW / 8 - 1)];
	return true;
}

static __always_inline int stop(struct unwind_state *state, __u32 end)
{
	if (end == PS_END_READ && in_exec())
		end = PS_END_EXEC;
	state->end = end;
	return 1;
}

/* On to the caller, whose frame is known to begin at `sp`. */
static __always_inline int enter_caller(struct unwind_state *state, __u64 pc, __u64 sp)
{
	state->pc = pc;
	state->sp = sp;
	state->interrupted = 0;
	state->exact_pc = 0;
	return pc < UNWIND_LOWEST_CODE ? stop(state, PS_END_ZERO) : 0;
}

/* How far an interrupted function has set up its frame, by the instruction that comes next: the
 * bytes of the stack above its return address, 0 when the frame pointer is its own. */
static __always_inline __u32 half_made_frame(const struct unwind_state *state)
{
	__u64 code = 0;

	if (!state->interrupted || bpf_probe_read_user(&code, sizeof(code), (void *)state->pc))
		return 0;
	if ((code & 0xff) == 0x55 || (code & 0xff) == 0xc3) /* push %rbp; ret */
		return 8;
	if ((__u32)code == 0xfa1e0ff3) /* endbr64 */
		return 8;
	if ((code & 0xffffff) == 0xe58948 || (code & 0xffffff) == 0xec8b48) /* mov %rsp,%rbp */
		return 16;
	if ((code & 0xffff) == 0xc35d) /* pop %rbp; ret */
		return 16;
	return 0;
}

/* Code without a table: JIT-compiled, or built with frame pointers instead. */
__attribute__((noinline)) int uw_follow_frame_pointer(__u32 user)
{
	struct stack_scratch *scratch = stack_scratch(user);
	__u64 fp = 0, pc = 0;

	if (!scratch)
		return 1;
	struct unwind_state *state = &scratch->unwind;
	__u32 half = half_made_frame(state);
	__u64 frame = half ? state->sp + half - 16 : state->fp;
	state->from_fp = 1;
	state->rbx_known = 0;
	if (!half && frame == 0)
		return stop(state, PS_END_ZERO);
	if (!half && (frame < state->sp || frame - state->sp > UNWIND_FP_REACH || (frame & 7)))
		return stop(state, PS_END_FRAME_POINTER);
	if (!read_stack(state, frame + 8, &pc))
		return stop(state, PS_END_READ);
	if (half != 8) {
		if (!read_stack(state, frame, &fp))
			return stop(state, PS_END_READ);
		state->fp = fp;
	}
	return enter_caller(state, pc, frame + 16);
}

/* All registers of the frame that a signal interrupted, from the rt_sigframe: struct sigcontext
 * begins 40 bytes into the ucontext at rsp (arch/x86/include/uapi/asm/sigcontext.h). */
__attribute__((noinline)) int uw_leave_signal(__u32 user)
{
	struct stack_scratch *scratch = stack_scratch(user);

	if (!scratch)
		return 1;
	struct unwind_state *state = &scratch->unwind;
	__u64 *word = state->window;
	state->window_begin = state->window_end = 0;
	if (bpf_probe_read_user(word, 17 * sizeof(*word), (void *)(state->sp + 40)))
		return stop(state, PS_END_READ);
	for (int i = 0; i < 8; i++)
		state->leaf[8 + i] = word[i];
	state->leaf[0] = word[13];
	state->leaf[1] = word[12];
	state->leaf[2] = word[14];
	state->leaf[3] = state->rbx = word[11];
	state->leaf[4] = word[9];
	state->leaf[5] = word[8];
	state->rbx_known = 1;
	state->fp = word[10];
	state->sp = word[15];
	state->pc = word[16];
	state->interrupted = state->exact_pc = 1;
	return state->pc < UNWIND_LOWEST_CODE ? stop(state, PS_END_ZERO) : 0;
}

/* The canonical frame address; 0 when it cannot be told, and then state->end says why. */
static __always_inline __u64 frame_address(struct unwind_state *state, __u32 rule)
{
	__u64 cfa = 0, base = 0;

	switch (PS_RULE_KIND(rule)) {
	case PS_RULE_SP:
		return state->sp + PS_RULE_OFFSET(rule);
	case PS_RULE_FP:
		return state->fp + PS_RULE_OFFSET(rule);
	case PS_RULE_PLT11:
		return state->sp + ((state->pc & 15) >= 11 ? 16 : 8);
	case PS_RULE_PLT10:
		return state->sp + ((state->pc & 15) >= 10 ? 16 : 8);
	case PS_RULE_DEREFERENCE:
		if (read_stack(state, state->fp + PS_RULE_SAVE(rule), &base))
			return base + PS_RULE_OFFSET(rule);
		stop(state, PS_END_READ);
		return 0;
	case PS_RULE_REGISTER:
		stop(state, PS_END_BAD_RULE);
		if (PS_RULE_REGISTER_OF(rule) == 3)
			return state->rbx_known ? state->rbx + PS_RULE_OFFSET(rule) : 0;
		if (state->interrupted)
			cfa = state->leaf[PS_RULE_REGISTER_OF(rule)] + PS_RULE_OFFSET(rule);
		return cfa;
	default:
		stop(state, PS_END_BAD_RULE);
		return 0;
	}
}

static __always_inline bool restore_fp(struct unwind_state *state, __u32 rule, __u64 cfa)
{
	if (PS_RULE_KIND(rule) == PS_RULE_REGISTER)
		return true; /* its .save is a register number */
	switch (PS_RULE_SAVED_FP(rule)) {
	case PS_FP_AT_CFA:
		return read_stack(state, cfa + PS_RULE_SAVE(rule), &state->fp);
	case PS_FP_AT_FP:
		return read_stack(state, state->fp, &state->fp);
	case PS_FP_LOST:
		state->fp = 1; /* neither the outermost frame's 0 nor aligned */
	}
	return true;
}

/* Applies a rule that computes a CFA. */
static __always_inline int apply_rule(struct unwind_state *state, __u32 rule)
{
	__u64 cfa = frame_address(state, rule), pc = 0;

	if (!cfa)
		return 1;
	if (cfa < state->sp || (cfa == state->sp && !state->interrupted))
		return stop(state, PS_END_BAD_RULE);
	if (!read_stack(state, cfa - 8, &pc) || !restore_fp(state, rule, cfa))
		return stop(state, PS_END_READ);
	if (state->rbx_known && state->rbx_save != PS_RBX_SAME &&
	    !read_stack(state, cfa + state->rbx_save, &state->rbx))
		return stop(state, PS_END_READ);
	state->from_fp = 0;
	return enter_caller(state, pc, cfa);
}
