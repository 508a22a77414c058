// The thin layer over libbpf that every BPF object of perfscope goes through.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "bpf/wire.h"

struct bpf_object;
struct bpf_map;
struct bpf_link;

namespace perfscope::capture {

// Owns a bpftool skeleton and with it the BPF object, its maps, programs and links.
template <typename Skel>
class Skeleton {
 public:
  Skeleton() = default;
  explicit Skeleton(Skel* skeleton) : skeleton_(skeleton) {}
  Skeleton(Skeleton&& other) noexcept : skeleton_(std::exchange(other.skeleton_, nullptr)) {}
  Skeleton& operator=(Skeleton&& other) noexcept {
    std::swap(skeleton_, other.skeleton_);
    return *this;
  }
  ~Skeleton() { Skel::destroy(skeleton_); }  // accepts null

  Skel* operator->() const { return skeleton_; }
  Skel* get() const { return skeleton_; }
  explicit operator bool() const { return skeleton_ != nullptr; }

 private:
  Skel* skeleton_ = nullptr;
};

// Sends libbpf's own messages to nowhere but last_libbpf_message(). Called once by main.
void quiet_libbpf();
// The last warning that libbpf printed, one line; explains a failed load better than an errno.
std::string last_libbpf_message();
// "load: Operation not permitted (libbpf: …); run as root or grant CAP_BPF and CAP_PERFMON".
Error libbpf_error(const std::string& what, int error);

// Owns an attached program.
class Link {
 public:
  Link() = default;
  explicit Link(bpf_link* link) : link_(link) {}
  Link(Link&& other) noexcept : link_(std::exchange(other.link_, nullptr)) {}
  Link& operator=(Link&& other) noexcept {
    std::swap(link_, other.link_);
    return *this;
  }
  ~Link();
  explicit operator bool() const { return link_ != nullptr; }
  bpf_link* get() const { return link_; }

 private:
  bpf_link* link_ = nullptr;
};

// Empties a hash map with fixed-size keys and values: calls `take` for each pair and deletes it.
void drain_hash(const bpf_map* map, std::size_t key_bytes, std::size_t value_bytes,
                const std::function<void(const void* key, const void* value)>& take);
// The same without deleting.
void read_hash(const bpf_map* map, std::size_t key_bytes, std::size_t value_bytes,
               const std::function<void(const void* key, const void* value)>& take);

// Sums of a drops map over all CPUs, indexed by ps_drop.
using DropCounts = std::array<uint64_t, PS_DROPS>;
DropCounts read_drops(const bpf_map* drops);
const char* drop_name(ps_drop reason);
const char* stack_end_name(ps_stack_end end);

// What BPF costs: time in programs (needs kernel.bpf_stats_enabled or BpfStatistics), and the
// memory of maps as the kernel reports it.
struct BpfCost {
  uint64_t run_ns = 0;
  uint64_t runs = 0;
  uint64_t map_bytes = 0;
  std::set<uint32_t> map_ids;  // counted already: objects share maps
};
void add_cost(const bpf_object* object, BpfCost& cost);

// Keeps the kernel's BPF run-time statistics switched on while it lives. Empty when refused.
Fd enable_bpf_statistics();

}  // namespace perfscope::capture
