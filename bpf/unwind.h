/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 *
 * User stacks from unwind tables, for code without frame pointers; unwind_wire.h has the tables.
 *
 * The stack is read in windows of 1 KiB, since a helper call per word costs more than everything
 * else. Each step is a global function with a scalar argument: the verifier checks it once, not once
 * per frame, and kernels from 5.10 on accept it. What user space or the unwound process put into
 * memory can mislead the walk, never prolong it: every loop has a constant bound.
 */
#pragma once

#include "registers.h"
#include "shared.h"
#include "unwind_maps.h"

#define UNWIND_WINDOW 1024
#define UNWIND_FP_REACH (1 << 20) /* no function's frame is larger */
#define UNWIND_LOWEST_CODE 4096
#define UNWIND_ASK_AGAIN_NS 2000000

/* Where stacks are taken, by CPU. Programs of different objects may interrupt each other, so each
 * object has its own; an iterator may be preempted by the object's other programs. */
enum scratch_user { SCRATCH_EVENT = 0, SCRATCH_ITERATOR = 1, SCRATCH_USERS = 2 };

struct unwind_state {
	__u64 pc, sp, fp, rbx;
	__u64 code_begin, code_end; /* mapping that the last address was in */
	__u64 code_shift;           /* from its addresses to link-time ones */
	__u64 hash;                 /* over the frames so far */
	__u64 leaf[16];             /* registers of an interrupted frame, DWARF's numbers */
	__u64 window_begin, window_end;
	__u64 window[UNWIND_WINDOW / 8];
	struct user_registers registers;
	struct ps_process process;
	__u32 module;
	__u32 mappings;
	__u32 mapping_count;
	__u32 frames;
	__u32 end;        /* enum ps_stack_end, once a step says that there is no further one */
	__u32 rbx_known;
	__s32 rbx_save;   /* of the rule found last */
	__u32 interrupted; /* pc is where the frame was interrupted: all its registers are known */
	__u32 exact_pc;   /* pc is not a return address: look up pc itself, not the call before it */
	__u32 from_fp;    /* the frame was found by frame pointer */
};

struct stack_scratch {
	struct ps_stack_event event;
	struct unwind_state unwind;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_USERS);
	__type(key, __u32);
	__type(value, struct stack_scratch);
} scratch SEC(".maps");

static __always_inline struct stack_scratch *stack_scratch(__u32 user)
{
	return bpf_map_lookup_elem(&scratch, &user);
}

static __always_inline __u64 mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 29);
}

static __always_inline void *slab_of(__u32 address)
{
	__u32 slab = address >> PS_SLAB_BITS, zero = 0;
	void *map = bpf_map_lookup_elem(&uw_slabs, &slab);

	return map ? bpf_map_lookup_elem(map, &zero) : NULL;
}

#define SLAB_AT(type, slab, address) (*(type *)((slab) + ((address) & (PS_SLAB_BYTES - 1))))

static __always_inline bool send_request(const struct ps_request *request)
{
	return bpf_ringbuf_output(&uw_requests, (void *)request, sizeof(*request),
				  BPF_RB_FORCE_WAKEUP) == 0;
}

/* Asks for the process's mappings, unless that was just done. */
static __always_inline void request_mappings(const struct ps_process *process, __u32 kind, __u64 pc)
{
	struct ps_request request = { .process = *process, .address = pc, .kind = kind };
	__u64 now = bpf_ktime_get_ns();
	__u64 *last = bpf_map_lookup_elem(&uw_asked, process);

	if (last && now - *last < UNWIND_ASK_AGAIN_NS)
		return;
	if (send_request(&request))
		bpf_map_update_elem(&uw_asked, process, &now, BPF_ANY);
}

/* The address to look up: a call may be the last instruction of its function. */
static __always_inline __u64 lookup_pc(const struct unwind_state *state)
{
	return state->exact_pc ? state->pc : state->pc - 1;
}

/* Makes the mapping that holds pc the current one; 0: there is none. */
__attribute__((noinline)) int uw_find_mapping(__u32 user)
{
	struct stack_scratch *scratch = stack_scratch(user);
	__u32 low = 0, high;
	__u64 page;
	void *slab;

	if (!scratch)
		return 0;
	struct unwind_state *state = &scratch->unwind;
	slab = slab_of(state->mappings);
	if (!slab)
		return 0;
	page = lookup_pc(state) >> 12;
	high = state->mapping_count;
	for (int i = 0; i < 13; i++) {
		if (low >= high)
			break;
		__u32 middle = (low + high) >> 1;
		__u64 range = SLAB_AT(__u64, slab, state->mappings + middle * sizeof(struct ps_mapping));
		if (range >> PS_MAPPING_PAGES_BITS <= page)
			low = middle + 1;
		else
			high = middle;
	}
	state->code_begin = state->code_end = 0;
	if (low == 0)
		return 0;
	__u32 at = state->mappings + (low - 1) * sizeof(struct ps_mapping);
	__u64 range = SLAB_AT(__u64, slab, at);
	__u64 first = range >> PS_MAPPING_PAGES_BITS;
	__u64 pages = range & ((1ULL << PS_MAPPING_PAGES_BITS) - 1);
	if (page - first >= pages)
		return 0;
	state->code_begin = first << 12;
	state->code_end = (first + pages) << 12;
	state->module = SLAB_AT(__u32, slab, at + 8);
	state->code_shift = ((__u64)SLAB_AT(__u32, slab, at + 12) << 12) - state->code_begin;
	return 1;
}

#define NO_PAGE 0xffffffffU

static __always_inline __u32 request_page(const struct unwind_state *state, __u32 page,
					  struct ps_code_page *entry)
{
	struct ps_request request = { .kind = PS_REQUEST_PAGE };

	request.process = state->process;
	request.module = state->module;
	request.page = page;
	if (!entry->requested && send_request(&request))
		entry->requested = 1;
	return NO_PAGE;
}

/* The rule for the link-time address in halves, in the current module. */
__attribute__((noinline)) __u32 uw_find_rule(__u32 user, __u32 address_high, __u32 address_low)
{
	struct stack_scratch *scratch = stack_scratch(user);
	struct ps_module *module;
	__u32 low, high;
	void *slab;

	if (!scratch)
		return PS_RULE_GAP;
	struct unwind_state *state = &scratch->unwind;
	__u32 module_index = state->module;
	module = bpf_map_lookup_elem(&uw_modules, &module_index);
	if (!module)
		return PS_RULE_GAP;
	__u32 page = (address_high << 16 | address_low >> 16) - module->first_page;
	if (page >= module->page_count)
		return PS_RULE_GAP;
	__u32 entry_at = module->pages + page * sizeof(struct ps_code_page);
	slab = slab_of(entry_at);
	if (!slab)
		return PS_RULE_GAP;
	struct ps_code_page *entry = &SLAB_AT(struct ps_code_page, slab, entry_at);
	__u32 chunk = entry->chunk;
	if (!chunk)
		return request_page(state, page, entry);
	if (!entry->accessed)
		entry->accessed = 1;
	slab = slab_of(chunk);
	if (!slab)
		return PS_RULE_GAP;

	__u32 bucket_at = chunk + __builtin_offsetof(struct ps_chunk, bucket) +
			  (address_low >> 8 & 255) * sizeof(__u16);
	__u32 rows = chunk + sizeof(struct ps_chunk);
	__u8 target = address_low & 255;
	low = SLAB_AT(__u16, slab, bucket_at);
	high = SLAB_AT(__u16, slab, bucket_at + 2);
	for (int i = 0; i < 9; i++) {
		if (low >= high)
			break;
		__u32 middle = (low + high) >> 1;
		if (SLAB_AT(__u8, slab, rows + middle * 2) <= target)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return PS_RULE_GAP;
	__u32 index = SLAB_AT(__u8, slab, rows + low * 2 - 1);
	__u32 rules = chunk + SLAB_AT(__u32, slab, chunk + 4);
	state->rbx_save = PS_RBX_SAME;
	if (SLAB_AT(__u16, slab, chunk + 2) & PS_CHUNK_RBX) {
		__u32 rule_count = SLAB_AT(__u32, slab, chunk + 8);
		state->rbx_save = SLAB_AT(__s32, slab, rules + (rule_count + index) * 4);
	} else {
		state->rbx_known = 0;
	}
	return SLAB_AT(__u32, slab, rules + index * 4);
}

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

/* Records the current frame and goes on to its caller; 1: there is none, or none can be found. */
__attribute__((noinline)) int uw_step(__u32 user)
{
	struct stack_scratch *scratch = stack_scratch(user);
	__u32 rule = PS_RULE_GAP;
	__u64 pc;

	if (!scratch)
		return 1;
	struct unwind_state *state = &scratch->unwind;
	__u32 frames = state->frames;
	if (frames >= PS_MAX_FRAMES)
		return stop(state, PS_END_TOO_DEEP);
	pc = lookup_pc(state);
	bool mapped = (pc >= state->code_begin && pc < state->code_end) || uw_find_mapping(user);
	/* A walk by frame pointers that leaves the code has gone astray. */
	if (!mapped && state->from_fp)
		return stop(state, PS_END_FRAME_POINTER);
	scratch->event.ips[frames & (PS_MAX_FRAMES - 1)] = state->pc;
	state->hash = mix(state->hash, state->pc);
	state->frames = frames + 1;
	if (!mapped) {
		request_mappings(&state->process, PS_REQUEST_MAPPING, pc);
		if (uw_follow_frame_pointer(user))
			state->end = PS_END_NO_MAPPING;
		return state->end == PS_END_NO_MAPPING;
	}
	pc += state->code_shift;
	rule = uw_find_rule(user, pc >> 32, (__u32)pc);
	if (rule == NO_PAGE)
		return stop(state, PS_END_NO_PAGE);
	switch (PS_RULE_KIND(rule)) {
	case PS_RULE_GAP:
		return uw_follow_frame_pointer(user);
	case PS_RULE_SIGNAL:
		return uw_leave_signal(user);
	case PS_RULE_STOP:
		return stop(state, PS_END_ROOT);
	}
	return apply_rule(state, rule);
}

/* What is known of the process's mappings: its own, or its parent's while it is a fork of it. */
static __always_inline bool find_process(struct unwind_state *state, const struct ps_process *process)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 tgid = process->tgid;
	struct ps_known_process *known = bpf_map_lookup_elem(&uw_processes, &tgid);

	if (known && known->start_ns == 0 && process->start_ns <= known->seen_ns) {
		known->exec_id = process->exec_id;
		known->start_ns = process->start_ns;
	}
	if (!known || known->start_ns != process->start_ns || known->exec_id != process->exec_id) {
		request_mappings(process, PS_REQUEST_PROCESS, 0);
		tgid = BPF_CORE_READ(task, real_parent, tgid);
		known = bpf_map_lookup_elem(&uw_processes, &tgid);
		if (!known || known->exec_id != process->exec_id || known->start_ns > process->start_ns)
			return false;
	}
	state->mappings = known->mappings;
	state->mapping_count = known->mapping_count;
	return true;
}

static __always_inline void start_at(struct unwind_state *state)
{
	const struct user_registers *registers = &state->registers;

	state->pc = registers->ip;
	state->sp = registers->sp;
	state->fp = registers->bp;
	state->rbx = registers->bx;
	state->rbx_known = 1;
	state->leaf[0] = registers->ax;
	state->leaf[1] = registers->dx;
	state->leaf[2] = registers->cx;
	state->leaf[3] = registers->bx;
	state->leaf[4] = registers->si;
	state->leaf[5] = registers->di;
	state->leaf[8] = registers->r8;
	state->leaf[9] = registers->r9;
	state->leaf[10] = registers->r10;
	state->leaf[11] = registers->r11;
	state->leaf[12] = registers->r12;
	state->leaf[13] = registers->r13;
	state->leaf[14] = registers->r14;
	state->leaf[15] = registers->r15;
	state->interrupted = 1;
	/* A system call leaves the address behind its instruction, which may be its function's last. */
	state->exact_pc = (__s64)registers->orig_ax < 0;
	state->from_fp = 0;
	state->frames = 0;
	state->end = PS_END_TOO_DEEP;
	state->code_begin = state->code_end = 0;
	state->window_begin = state->window_end = 0;
}

/* Unwinds from state->registers into scratch->event. False: nothing is known of the process. */
static __always_inline bool unwind(struct stack_scratch *scratch, const struct ps_process *process)
{
	struct unwind_state *state = &scratch->unwind;

	if (!find_process(state, process))
		return false;
	state->process = *process;
	start_at(state);
	for (int i = 0; i <= PS_MAX_FRAMES; i++)
		if (uw_step(SCRATCH_EVENT))
			break;
	return true;
}
