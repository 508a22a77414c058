// Recordings in temporary folders, and what it takes to compare and to damage them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "model/profile.h"

namespace perfscope::testing {

class StoreTest : public ::testing::Test {
 protected:
  StoreTest();
  ~StoreTest() override;

  // Writes a whole profile, slice by slice.
  void write(const model::Profile& profile);
  // Changes the file as a hostile hand would: with SQL of its own, schema included.
  void tamper(const std::string& sql);

  std::filesystem::path folder_;
  std::string path_;  // folder_/r.perfscope
};

// Every table and shape, field by field.
void expect_equal(const model::Profile& is, const model::Profile& expected);

// The error that reading the file gives; fails the test when it can be read.
std::string read_error(const std::string& path);

}  // namespace perfscope::testing
