#include "capture/bpf_support.h"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

namespace perfscope::capture {
namespace {

// libbpf's print hook carries no context, so its last warning is kept per thread.
std::string& libbpf_message() {
  thread_local std::string message;
  return message;
}

int keep_message(libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN) return 0;
  std::array<char, 512> line{};
  int length = std::vsnprintf(line.data(), line.size(), format, arguments);
  std::string text(line.data());
  if (text.find("PROG LOAD LOG") != std::string::npos) return length;
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  libbpf_message() = text;
  return length;
}

std::string remedy(int error) {
  if (error == EPERM || error == EACCES) return "; run as root, or grant CAP_BPF and CAP_PERFMON";
  if (error == ENOMEM)
    return "; raise the memory limit of this cgroup, or ulimit -l on old kernels";
  return "; see perfscope doctor";
}

constexpr uint32_t kBatch = 1024;

// One batch call per kBatch entries; falls back to entry by entry on kernels without batches.
class HashReader {
 public:
  HashReader(int fd, std::size_t key_bytes, std::size_t value_bytes, bool remove)
      : fd_(fd),
        key_bytes_(key_bytes),
        value_bytes_(value_bytes),
        remove_(remove),
        keys_(kBatch * key_bytes),
        values_(kBatch * value_bytes) {}

  void run(const std::function<void(const void*, const void*)>& take) {
    uint32_t position = 0;
    uint32_t next = 0;
    void* from = nullptr;
    while (true) {
      uint32_t count = kBatch;
      int error = remove_ ? bpf_map_lookup_and_delete_batch(fd_, from, &next, keys_.data(),
                                                            values_.data(), &count, nullptr)
                          : bpf_map_lookup_batch(fd_, from, &next, keys_.data(), values_.data(),
                                                 &count, nullptr);
      bool at_end = error != 0 && errno == ENOENT;
      if (error != 0 && !at_end) return one_by_one(take);
      for (uint32_t i = 0; i < count; ++i)
        take(keys_.data() + i * key_bytes_, values_.data() + i * value_bytes_);
      if (at_end) return;
      position = next;
      from = &position;
    }
  }

 private:
  void one_by_one(const std::function<void(const void*, const void*)>& take) {
    std::vector<std::vector<char>> keys;
    std::vector<char> key(key_bytes_);
    for (void* from = nullptr; bpf_map_get_next_key(fd_, from, key.data()) == 0; from = key.data())
      keys.push_back(key);
    for (const std::vector<char>& each : keys) {
      if (bpf_map_lookup_elem(fd_, each.data(), values_.data()) != 0) continue;
      take(each.data(), values_.data());
      if (remove_) bpf_map_delete_elem(fd_, each.data());
    }
  }

  int fd_;
  std::size_t key_bytes_;
  std::size_t value_bytes_;
  bool remove_;
  std::vector<char> keys_;
  std::vector<char> values_;
};

uint64_t map_bytes(int fd) {
  std::string info = read_line("/proc/self/fdinfo/" + std::to_string(fd));
  std::size_t at = info.find("memlock:");
  return at == std::string::npos ? 0 : std::strtoull(info.c_str() + at + 8, nullptr, 10);
}

}  // namespace

void quiet_libbpf() { libbpf_set_print(keep_message); }

std::string last_libbpf_message() { return libbpf_message(); }

Error libbpf_error(const std::string& what, int error) {
  error = std::abs(error);
  std::string text = what + ": " + std::strerror(error);
  if (!libbpf_message().empty()) text += " (" + libbpf_message() + ")";
  bool permission = error == EPERM || error == EACCES;
  return {permission ? ErrorCode::kNotPermitted : ErrorCode::kFailed, text + remedy(error)};
}

Link::~Link() {
  if (link_ != nullptr) bpf_link__destroy(link_);
}

void drain_hash(const bpf_map* map, std::size_t key_bytes, std::size_t value_bytes,
                const std::function<void(const void*, const void*)>& take) {
  HashReader(bpf_map__fd(map), key_bytes, value_bytes, true).run(take);
}

void read_hash(const bpf_map* map, std::size_t key_bytes, std::size_t value_bytes,
               const std::function<void(const void*, const void*)>& take) {
  HashReader(bpf_map__fd(map), key_bytes, value_bytes, false).run(take);
}

DropCounts read_drops(const bpf_map* drops) {
  DropCounts sums{};
  std::vector<uint64_t> per_cpu(static_cast<std::size_t>(std::max(libbpf_num_possible_cpus(), 1)));
  for (uint32_t reason = 0; reason < PS_DROPS; ++reason) {
    if (bpf_map_lookup_elem(bpf_map__fd(drops), &reason, per_cpu.data()) != 0) continue;
    for (uint64_t count : per_cpu) sums.at(reason) += count;
  }
  return sums;
}

const char* drop_name(ps_drop reason) {
  switch (reason) {
    case PS_DROP_STACK_RING: return "stack_ring_full";
    case PS_DROP_SAMPLES_FULL: return "sample_map_full";
    case PS_DROP_THREAD_STATE: return "no_thread_state";
    case PS_DROP_ENDED_RING: return "ended_ring_full";
    case PS_DROP_BELOW_MIN: return "below_min_block";
    case PS_DROP_TARGETS_FULL: return "child_not_followed";
    case PS_DROP_IDLE: return "idle";
    case PS_DROPS: break;
  }
  return "unknown";
}

const char* stack_end_name(ps_stack_end end) {
  switch (end) {
    case PS_END_ROOT: return "root";
    case PS_END_ZERO: return "zero";
    case PS_END_WALKED: return "walked";
    case PS_END_NO_PROCESS: return "no_process";
    case PS_END_NO_MAPPING: return "no_mapping";
    case PS_END_NO_PAGE: return "no_page";
    case PS_END_READ: return "read";
    case PS_END_EXEC: return "exec";
    case PS_END_BAD_RULE: return "bad_rule";
    case PS_END_FRAME_POINTER: return "frame_pointer";
    case PS_END_TOO_DEEP: return "too_deep";
    case PS_ENDS: break;
  }
  return "unknown";
}

void add_cost(const bpf_object* object, BpfCost& cost) {
  if (object == nullptr) return;
  bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object, program)) != nullptr) {
    int fd = bpf_program__fd(program);
    bpf_prog_info info{};
    uint32_t size = sizeof(info);
    if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) != 0) continue;
    cost.run_ns += info.run_time_ns;
    cost.runs += info.run_cnt;
  }
  bpf_map* map = nullptr;
  while ((map = bpf_object__next_map(object, map)) != nullptr) {
    int fd = bpf_map__fd(map);
    bpf_map_info info{};
    uint32_t size = sizeof(info);
    if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) != 0) continue;
    if (cost.map_ids.insert(info.id).second) cost.map_bytes += map_bytes(fd);
  }
}

Fd enable_bpf_statistics() { return Fd(bpf_enable_stats(BPF_STATS_RUN_TIME)); }

}  // namespace perfscope::capture
