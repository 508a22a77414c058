// Writer: appends a recording to a .perfscope file, slice by slice.
//
// Each slice is one transaction: a reader, or whoever opens the file after a crash of the recorder,
// sees all of it or nothing. Not safe against power loss within the last seconds (no fsync per
// slice, so that a recording does not add disk waits to the host it looks at).
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "model/profile.h"

namespace perfscope::store {

class Writer {
 public:
  // Replaces an existing file. Errors (kCannotWrite): the place is not writable, the disk is full.
  static Result<Writer> create(const std::string& path);
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;
  ~Writer();

  // Appends the newest slice: the rows of the shapes, and whatever the tables they refer to have
  // gained since the last call. Tables may only have grown. After an error the file holds all
  // earlier slices.
  Status append(const model::Profile& profile);

  // Writes facts, probes and what changed in rows already written. Call before the last append's
  // data is all there is, and once at the end.
  Status finish(const model::Profile& profile);

 private:
  class Impl;
  explicit Writer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace perfscope::store
