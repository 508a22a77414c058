/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 *
 * The unwinder's tables, as user space writes and the kernel side reads them. Plain C, included by
 * both. Everything but the hash of processes lies in slabs: an address in them is 32 bits wide, the
 * slab's number above the offset within it, and nothing straddles two slabs.
 *
 *   process --> mappings, sorted --> module --> page table --> chunk: the rules of 64 KiB of code
 */
#pragma once

#include <linux/types.h>

#include "wire.h"

#define PS_SLAB_BITS 21
#define PS_SLAB_BYTES (1U << PS_SLAB_BITS)
#define PS_SLAB_SLACK 64 /* a wide load at a slab's last byte stays inside */
#define PS_MAX_SLABS 256

#define PS_MAX_MODULES 16384
#define PS_MAX_PROCESSES 16384
#define PS_MAX_MAPPINGS 4096

#define PS_CODE_PAGE_BITS 16 /* of link-time addresses: what one chunk describes */

/* How to find the caller of a frame. The canonical frame address (CFA) is the stack pointer before
 * the call; the return address lies in the 8 bytes below it. */
enum ps_rule_kind {
	PS_RULE_GAP = 0,         /* no table covers this: follow the frame pointer */
	PS_RULE_SP = 1,          /* CFA = rsp + offset */
	PS_RULE_FP = 2,          /* CFA = rbp + offset */
	PS_RULE_REGISTER = 3,    /* CFA = another register + offset; its DWARF number is in .save */
	PS_RULE_PLT11 = 4,       /* PLT entry that pushes at byte 11 of 16 */
	PS_RULE_PLT10 = 5,       /* … at byte 10 */
	PS_RULE_DEREFERENCE = 6, /* CFA = *(rbp + save) + offset: realigned frames */
	PS_RULE_STOP = 7,        /* outermost frame */
	PS_RULE_SIGNAL = 8,      /* all registers are in the signal frame at rsp */
	PS_RULE_BAD = 9,         /* cannot be expressed here */
};

/* Where the caller's rbp is. */
enum ps_saved_fp {
	PS_FP_SAME = 0,
	PS_FP_AT_CFA = 1, /* at CFA + save */
	PS_FP_AT_FP = 2,  /* at rbp */
	PS_FP_LOST = 3,
};

/* A rule: kind:4 | saved fp:2 | save/8:10, signed | CFA offset/8:16. */
#define PS_RULE(kind, saved_fp, save, offset)                                              \
	((__u32)(kind) | (__u32)(saved_fp) << 4 | ((__u32)((save) / 8) & 1023) << 6 |      \
	 (__u32)((offset) / 8) << 16)
#define PS_RULE_KIND(rule) ((rule) & 15)
#define PS_RULE_SAVED_FP(rule) ((rule) >> 4 & 3)
#define PS_RULE_SAVE(rule) ((__s64)((__s32)((rule) << 16) >> 22) * 8)
#define PS_RULE_REGISTER_OF(rule) ((rule) >> 6 & 15)
#define PS_RULE_OFFSET(rule) ((__u64)((rule) >> 16) * 8)

/* Where the caller's rbx is, for the one runtime that frames by it (ld.so): offset/8 from the CFA,
 * or PS_RBX_SAME. Only in chunks with PS_CHUNK_RBX. */
#define PS_RBX_SAME 0

/* Followed by the rows, two bytes each: from which byte of its 256 on the row applies, and the number
 * of its rule in the dictionary. */
struct ps_chunk {
	__u16 row_count;
	__u16 flags; /* PS_CHUNK_* */
	__u32 rules; /* offset of the rule dictionary, __u32 each; with PS_CHUNK_RBX __s32 each follow */
	__u32 rule_count;
	__u32 unused;
	__u16 bucket[258]; /* first row of each 256 bytes of code; [256] is the row count */
};
enum { PS_CHUNK_RBX = 1 };

/* Page table entry of a module. The kernel side writes the bytes, user space the chunk. */
struct ps_code_page {
	__u32 chunk; /* slab address; 0: not there */
	__u8 requested;
	__u8 accessed;
	__u16 unused;
};

struct ps_module {
	__u32 pages; /* slab address of ps_code_page[] */
	__u32 first_page;
	__u32 page_count; /* 0: no unwind table at all, as for memory that a JIT writes to */
	__u32 unused;
};

/* An executable mapping of a process, page-wise. */
struct ps_mapping {
	__u64 range; /* first page:36 | pages:28 */
	__u32 module;
	__u32 code_page; /* link-time address of the first page, >> 12 */
};
#define PS_MAPPING_PAGES_BITS 28

struct ps_known_process {
	__u64 start_ns; /* 0: found in /proc, which does not tell; the first sample fills it in */
	__u64 seen_ns;  /* CLOCK_BOOTTIME when it was looked at */
	__u32 exec_id;
	__u32 mappings; /* slab address of ps_mapping[] */
	__u32 mapping_count;
	__u32 unused;
};

/* What the kernel side misses. */
enum ps_request_kind {
	PS_REQUEST_PROCESS = 0, /* never seen */
	PS_REQUEST_MAPPING = 1, /* has no mapping at `address` */
	PS_REQUEST_PAGE = 2,    /* of a module */
};

struct ps_request {
	struct ps_process process;
	__u64 address;
	__u32 kind; /* enum ps_request_kind */
	__u32 module;
	__u32 page; /* index in the module's page table */
	__u32 unused;
};

PS_ASSERT_SIZE(struct ps_chunk, 532);
PS_ASSERT_SIZE(struct ps_code_page, 8);
PS_ASSERT_SIZE(struct ps_module, 16);
PS_ASSERT_SIZE(struct ps_mapping, 16);
PS_ASSERT_SIZE(struct ps_known_process, 32);
PS_ASSERT_SIZE(struct ps_request, 40);
