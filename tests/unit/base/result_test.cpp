#include "base/result.h"

#include <cerrno>
#include <memory>

#include <gtest/gtest.h>

namespace perfscope {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return Error(ErrorCode::kUsage, "odd");
  return value / 2;
}

TEST(Result, HoldsAValue) {
  Result<int> result = half(8);
  ASSERT_TRUE(result.has_value());
  EXPECT_TRUE(result);
  EXPECT_EQ(*result, 4);
}

TEST(Result, HoldsAnError) {
  Result<int> result = half(7);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kUsage);
  EXPECT_EQ(result.error().message(), "odd");
}

TEST(Result, MovesValuesThatCannotBeCopied) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(3));
  std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 3);
}

TEST(Result, IsEditableInPlace) {
  Result<std::string> result(std::string("a"));
  result->push_back('b');
  *result += "c";
  EXPECT_EQ(*result, "abc");
}

TEST(Result, StatusCarriesSuccessAlone) {
  Status good = Ok{};
  Status bad = Error(ErrorCode::kFailed, "no");
  EXPECT_TRUE(good);
  EXPECT_FALSE(bad);
}

TEST(Error, GainsContextInFront) {
  Error error(ErrorCode::kBadInput, "line 3: no such column");
  EXPECT_EQ(error.in("rules.yaml").message(), "rules.yaml: line 3: no such column");
  EXPECT_EQ(error.in("rules.yaml").code(), ErrorCode::kBadInput);
  EXPECT_EQ(error.message(), "line 3: no such column") << "the original stays as it was";
}

TEST(Error, SpellsErrnoOut) {
  Error error = errno_error(ErrorCode::kNotPermitted, "open /x", EACCES);
  EXPECT_EQ(error.code(), ErrorCode::kNotPermitted);
  EXPECT_EQ(error.message(), "open /x: Permission denied");
}

}  // namespace
}  // namespace perfscope
