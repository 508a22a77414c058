// FrameNamer: locations of a profile -> the distinct frames of a view.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "model/profile.h"
#include "model/view.h"

namespace perfscope::model {

// What a frame at this location is called when no symbol names it: "[libfoo.so]", "[stack lost]".
std::string unnamed_frame(const Profile& profile, const Location& location);

class FrameNamer {
 public:
  explicit FrameNamer(const Profile& profile);

  uint32_t process(const Process& process);
  uint32_t note(const std::string& text);
  // Appends the location's frames, inlined callers first, to a stack that grows towards the leaf.
  void append(LocationId location, std::vector<uint32_t>& frames);

  std::vector<ViewFrame> take() { return std::move(frames_); }

 private:
  uint32_t intern(ViewFrame frame);
  std::vector<uint32_t> name(const Location& location);

  const Profile& profile_;
  std::vector<ViewFrame> frames_;
  std::unordered_map<std::string, uint32_t> index_;
  std::vector<std::vector<uint32_t>> by_location_;  // empty until first asked for
};

}  // namespace perfscope::model
