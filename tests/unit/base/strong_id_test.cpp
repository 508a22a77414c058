#include "base/strong_id.h"

#include <map>
#include <type_traits>
#include <unordered_set>

#include <gtest/gtest.h>

namespace perfscope {
namespace {

using AppleId = StrongId<struct AppleTag>;
using PearId = StrongId<struct PearTag>;

static_assert(!std::is_convertible_v<AppleId, PearId>, "ids of two kinds must not mix");
static_assert(!std::is_constructible_v<AppleId, PearId>, "not even when asked to");
static_assert(!std::is_convertible_v<uint32_t, AppleId>, "a number is no id by itself");
static_assert(sizeof(AppleId) == sizeof(uint32_t), "ids are stored by the million");

TEST(StrongId, KeepsItsValue) {
  EXPECT_EQ(AppleId(uint32_t{7}).value(), 7U);
  EXPECT_EQ(AppleId(std::size_t{7}).index(), std::size_t{7});
}

TEST(StrongId, ComparesByValue) {
  EXPECT_EQ(AppleId(1U), AppleId(1U));
  EXPECT_NE(AppleId(1U), AppleId(2U));
  EXPECT_LT(AppleId(1U), AppleId(2U));
}

TEST(StrongId, IsAKey) {
  std::map<AppleId, int> ordered{{AppleId(2U), 20}, {AppleId(1U), 10}};
  EXPECT_EQ(ordered.begin()->second, 10);
  std::unordered_set<AppleId> hashed{AppleId(1U), AppleId(1U), AppleId(2U)};
  EXPECT_EQ(hashed.size(), 2U);
}

}  // namespace
}  // namespace perfscope
