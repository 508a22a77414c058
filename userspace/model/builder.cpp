#include "model/builder.h"

namespace perfscope::model {

ModuleId Builder::module(ModuleKind kind, const std::string& path, const std::string& build_id) {
  std::string key = path + '\0' + build_id + '\0' + static_cast<char>('0' + int(kind));
  auto [slot, is_new] = modules_.try_emplace(std::move(key), profile_.modules.size());
  if (is_new) profile_.modules.push_back({kind, path, build_id});
  return slot->second;
}

FunctionId Builder::function(const std::string& name, const std::string& module) {
  auto [slot, is_new] = functions_.try_emplace(name + '\0' + module, profile_.functions.size());
  if (is_new) profile_.functions.push_back({name, module});
  return slot->second;
}

LocationId Builder::location(ModuleId module, uint64_t offset) {
  auto [slot, is_new] = locations_.try_emplace(std::pair{uint64_t{module.value()}, offset},
                                               profile_.locations.size());
  if (is_new) profile_.locations.push_back({module, offset, NameStatus::kNotAttempted, {}});
  return slot->second;
}

LocationId Builder::note(NameStatus status) {
  ModuleId module = this->module(ModuleKind::kUnknown, "[perfscope]", "");
  LocationId id = location(module, static_cast<uint64_t>(status));
  profile_.locations[id.index()].status = status;
  return id;
}

std::optional<StackId> Builder::stack(std::span<const LocationId> root_first) {
  return extend(std::nullopt, root_first);
}

std::optional<StackId> Builder::extend(std::optional<StackId> stack,
                                       std::span<const LocationId> rest) {
  for (LocationId location : rest) {
    uint64_t parent = stack ? uint64_t{stack->value()} + 1 : 0;
    auto [slot, is_new] =
        stacks_.try_emplace(std::pair{parent, uint64_t{location.value()}}, profile_.stacks.size());
    if (is_new) profile_.stacks.push_back({stack, location});
    stack = slot->second;
  }
  return stack;
}

ProcessId Builder::process(const ProcessKey& key) {
  auto [slot, is_new] = processes_.try_emplace(key, profile_.processes.size());
  if (is_new) profile_.processes.push_back({key.pid, key.start_ns, key.exec_id, "", "", "", 0});
  return slot->second;
}

ThreadId Builder::thread(ProcessId process, uint32_t tid) {
  auto [slot, is_new] = threads_.try_emplace(std::pair{uint64_t{process.value()}, uint64_t{tid}},
                                             profile_.threads.size());
  if (is_new) profile_.threads.push_back({process, tid, ""});
  return slot->second;
}

MetricId Builder::metric(const Metric& metric) {
  for (std::size_t i = 0; i < profile_.metrics.size(); ++i)
    if (profile_.metrics[i].name == metric.name) return MetricId(i);
  profile_.metrics.push_back(metric);
  return MetricId(profile_.metrics.size() - 1);
}

SliceId Builder::begin_slice(uint64_t begin_ns) {
  profile_.slices.push_back({begin_ns, begin_ns});
  return slice();
}

void Builder::clear_slice() {
  profile_.samples.clear();
  profile_.histograms.clear();
  profile_.series.clear();
  profile_.ledger.clear();
  profile_.drops.clear();
}

std::vector<LocationId> Builder::take_new_locations() {
  std::vector<LocationId> fresh;
  for (; named_locations_ < profile_.locations.size(); ++named_locations_)
    fresh.emplace_back(named_locations_);
  return fresh;
}

}  // namespace perfscope::model
