// Reads back what the pprof writer wrote.
#include <algorithm>

#include <gtest/gtest.h>
#include <zlib.h>

#include "output/writer.h"
#include "profile.pb.h"
#include "unit/output/sample_views.h"

namespace perfscope::output {
namespace {

std::string gunzip(const std::string& bytes) {
  std::string out(std::size_t{64} << 20, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

pprof::Profile profile_of(const model::View& view) {
  pprof::Profile profile;
  EXPECT_TRUE(profile.ParseFromString(gunzip(*(*format_for(".pb.gz"))->write(view, {}))));
  return profile;
}

const std::string& text(const pprof::Profile& profile, int64_t index) {
  return profile.string_table(static_cast<int>(index));
}

TEST(Pprof, KeepsTotals) {
  model::View view = testing::big_view(2000);
  pprof::Profile profile = profile_of(view);
  int64_t value = 0;
  for (const pprof::Sample& sample : profile.sample()) value += sample.value(1);
  EXPECT_EQ(profile.sample_size(), 2000);
  EXPECT_EQ(static_cast<uint64_t>(value), view.total);
}

TEST(Pprof, SaysWhatItMeasures) {
  pprof::Profile profile = profile_of(testing::small_view());
  ASSERT_EQ(profile.sample_type_size(), 2);
  EXPECT_EQ(text(profile, profile.sample_type(0).type()), "samples");
  EXPECT_EQ(text(profile, profile.sample_type(1).type()), "cpu");
  EXPECT_EQ(text(profile, profile.sample_type(1).unit()), "nanoseconds");
  EXPECT_EQ(profile.duration_nanos(), 10'000'000'000);
  EXPECT_EQ(profile.time_nanos(), 1'769'860'800'000'000'000);
  EXPECT_EQ(profile.period(), 10'000'000);
  EXPECT_EQ(text(profile, 0), "");
}

TEST(Pprof, PutsInlinedFunctionsIntoOneLocation) {
  pprof::Profile profile = profile_of(testing::small_view());
  const pprof::Location* inlined = nullptr;
  for (const pprof::Location& location : profile.location())
    if (location.line_size() > 1) inlined = &location;
  ASSERT_NE(inlined, nullptr);
  ASSERT_EQ(inlined->line_size(), 2);
  auto name = [&](int line) {
    auto id = static_cast<int>(inlined->line(line).function_id());
    return text(profile, profile.function(id - 1).name());
  };
  EXPECT_EQ(name(0), "std::hash<std::string>::operator()");  // the innermost first
  EXPECT_EQ(name(1), "find_header");
}

TEST(Pprof, NamesModulesByBuildId) {
  pprof::Profile profile = profile_of(testing::small_view());
  std::vector<std::string> ids;
  for (const pprof::Mapping& mapping : profile.mapping()) {
    EXPECT_TRUE(mapping.has_functions());
    ids.push_back(text(profile, mapping.build_id()));
  }
  EXPECT_NE(std::find(ids.begin(), ids.end(), "5f1c2a9d0b7e46d38c11f0a2b3c4d5e6f7a8b9c0"),
            ids.end());
}

TEST(Pprof, RefersOnlyToWhatIsThere) {
  for (const model::View& view : {testing::hostile_view(), testing::big_view(500)}) {
    pprof::Profile profile = profile_of(view);
    for (const pprof::Sample& sample : profile.sample())
      for (uint64_t id : sample.location_id())
        ASSERT_LE(id, static_cast<uint64_t>(profile.location_size()));
    for (const pprof::Location& location : profile.location())
      ASSERT_LE(location.mapping_id(), static_cast<uint64_t>(profile.mapping_size()));
  }
}

}  // namespace
}  // namespace perfscope::output
