// StrongId: an index that cannot be mistaken for another kind of index.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace perfscope {

// Tag is any type; two StrongIds with different tags do not convert into each other.
template <typename Tag>
class StrongId {
 public:
  using value_type = uint32_t;

  constexpr explicit StrongId(uint32_t value) : value_(value) {}
  constexpr explicit StrongId(std::size_t value) : value_(static_cast<uint32_t>(value)) {}

  constexpr uint32_t value() const { return value_; }
  constexpr std::size_t index() const { return value_; }

  friend constexpr auto operator<=>(StrongId, StrongId) = default;

 private:
  uint32_t value_;
};

}  // namespace perfscope

template <typename Tag>
struct std::hash<perfscope::StrongId<Tag>> {
  std::size_t operator()(perfscope::StrongId<Tag> id) const noexcept {
    return std::hash<uint32_t>{}(id.value());
  }
};
