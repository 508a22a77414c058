#include "probes/thread_times.h"

namespace perfscope::probes {

void ThreadTimes::add(const ps_thread_record& record, capture::Collector& collector) {
  const ps_thread& thread = record.thread;
  Sums now{};
  for (std::size_t state = 0; state < PS_STATES; ++state) now.at(state) = thread.state_ns[state];
  if (thread.state < PS_STATES && record.now_ns > thread.since_ns)
    now.at(thread.state) += record.now_ns - thread.since_ns;

  Sums& before = seen_[key_of(thread)];
  model::ThreadId id = collector.thread(thread.process, thread.tid, record.comm);
  for (std::size_t state = 0; state < PS_STATES; ++state) {
    // Sums never shrink; a re-used thread id starts again from nothing.
    uint64_t grown =
        now.at(state) >= before.at(state) ? now.at(state) - before.at(state) : now.at(state);
    collector.ledger(id, static_cast<model::ThreadState>(state), grown);
  }
  before = now;
}

void ThreadTimes::add_last(const ps_thread_record& record, capture::Collector& collector) {
  add(record, collector);
  seen_.erase(key_of(record.thread));
}

}  // namespace perfscope::probes
