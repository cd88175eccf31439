// Every planted bug is found, as what it is, at its line, in its threads, whatever the order of threads and of copies; and the same kernel
// without the bug gives no finding.
#include "planted.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

namespace {

// Lines of tests/emulator/planted_*.cu that carry "<mark>: <name>".
std::set<int> lines_with(const std::string& file, const std::string& mark, const std::string& name) {
  std::ifstream source(std::string(EMULATOR_TEST_SOURCES) + "/" + file);
  std::set<int> lines;
  std::string line;
  const std::string wanted = mark + ": " + name;
  for (int number = 1; std::getline(source, line); ++number) {
    const size_t at = line.find(wanted);
    if (at == std::string::npos) continue;
    const size_t end = at + wanted.size();
    if (end == line.size() || line[end] == ' ') lines.insert(number);
  }
  return lines;
}

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

struct Group {
  const char* name;
  const char* file;
  std::vector<planted::Case> cases;
};

std::vector<Group> groups() {
  return {{"memory", "planted_memory.cu", planted::memory_cases()},    {"race", "planted_race.cu", planted::race_cases()},
          {"barrier", "planted_barrier.cu", planted::barrier_cases()}, {"warp", "planted_warp.cu", planted::warp_cases()},
          {"copy", "planted_copy.cu", planted::copy_cases()},          {"mbarrier", "planted_mbarrier.cu", planted::mbarrier_cases()},
          {"bulk", "planted_bulk.cu", planted::bulk_cases()},          {"tensor", "planted_tensor.cu", planted::tensor_cases()},
          {"wgmma", "planted_wgmma.cu", planted::wgmma_cases()},       {"cluster", "planted_cluster.cu", planted::cluster_cases()}};
}

class Planted : public testing::Test {
 public:
  Planted(std::string file, planted::Case planted_case) : file_(std::move(file)), case_(std::move(planted_case)) {}

  void TestBody() override {
    const std::set<int> here = lines_with(file_, "here", case_.name);
    const std::set<int> other = lines_with(file_, "other", case_.name);
    ASSERT_FALSE(here.empty()) << "no line of " << file_ << " says here: " << case_.name;
    for (const emu::Order order : {emu::Order::forward, emu::Order::reverse, emu::Order::random, emu::Order::priority}) {
      for (const emu::Landing landing : {emu::Landing::late, emu::Landing::early, emu::Landing::random}) {
        for (const uint64_t seed : {1u, 2u}) {
          emu::options().order = order;
          emu::options().landing = landing;
          emu::options().seed = seed;
          emu::options().preempt = seed == 2 ? 0.02 : 0;
          SCOPED_TRACE(testing::Message() << "order " << static_cast<int>(order) << " landing " << static_cast<int>(landing) << " seed "
                                          << seed);
          emu::reset();
          case_.run(false);
          ASSERT_EQ("", emu::report().to_string());
          emu::reset();
          case_.run(true);
          check(emu::report(), here, other);
          if (HasFailure()) return;
        }
      }
    }
  }

 private:
  // One finding that is right in all; and none of a kind or at a line that the case does not name.
  void check(const emu::Report& report, const std::set<int>& here, const std::set<int>& other) {
    ASSERT_FALSE(report.findings.empty()) << "the bug was not found";
    for (const emu::Finding& finding : report.findings) {
      SCOPED_TRACE(finding.to_string());
      const bool known = finding.kind == case_.kind || std::find(case_.also.begin(), case_.also.end(), finding.kind) != case_.also.end();
      EXPECT_TRUE(known) << "it is no " << emu::name_of(case_.kind);
      EXPECT_EQ(file_, file_name(finding.here.file));
      EXPECT_EQ(case_.name, finding.kernel);
      if (finding.kind == case_.kind) {
        EXPECT_EQ(!other.empty(), finding.has_other);
      }
      const int line = finding.here.line;
      if (finding.has_other) {
        EXPECT_EQ(file_, file_name(finding.other.file));
        const int second = finding.other.line;
        // Of a race either access may come first.
        const bool right = here.count(line) && other.count(second);
        const bool swapped = (case_.kind == emu::Kind::race || !case_.also.empty()) && here.count(second) && other.count(line);
        EXPECT_TRUE(right || swapped) << "lines " << line << " and " << second;
      } else {
        EXPECT_TRUE(here.count(line)) << "line " << line;
      }
      EXPECT_TRUE(case_.threads(finding));
    }
  }

  std::string file_;
  planted::Case case_;
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  emu::options().fail_on_findings = false;
  emu::options().seconds = 20;
  for (const Group& group : groups()) {
    for (const planted::Case& planted_case : group.cases) {
      testing::RegisterTest((std::string("planted_") + group.name).c_str(), planted_case.name, nullptr, nullptr, group.file, 1,
                            [=]() -> Planted* { return new Planted(group.file, planted_case); });
    }
  }
  return RUN_ALL_TESTS();
}
