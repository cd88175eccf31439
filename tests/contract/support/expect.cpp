#include "expect.h"

#include <fstream>
#include <sstream>

namespace oct::test {

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::vector<float> random_values(int64_t count, uint64_t seed, float low, float high) {
  std::vector<float> values(static_cast<size_t>(count));
  uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;  // SplitMix64
  for (float& value : values) {
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    value = low + (high - low) * static_cast<float>(z >> 40) * 0x1p-24f;
  }
  return values;
}

std::vector<float> rounded(oct_dtype dtype, std::vector<float> values) {
  if (dtype == OCT_BF16) {
    for (float& value : values) value = from_bf16(to_bf16(value));
  }
  return values;
}

void report_difference(const std::string& what, size_t index, double expected, double actual, double tolerance) {
  constexpr int kShown = 40;
  if (testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count() >= kShown) return;
  ADD_FAILURE() << what << "[" << index << "] is " << actual << ", expected " << expected << " +- " << tolerance;
}

void expect_refused(oct_status expected, oct_status actual, std::initializer_list<std::string> parts) {
  EXPECT_EQ(actual, expected) << (actual == OCT_OK ? "" : oct_last_error());
  if (actual == OCT_OK) return;
  const std::string text = oct_last_error();
  for (const std::string& part : parts)
    EXPECT_NE(text.find(part), std::string::npos) << "'" << text << "' does not contain '" << part << "'";
}

std::vector<std::vector<int64_t>> shapes(const std::string& name, size_t columns, const std::string& kind) {
  const std::string path = OCT_SHAPES "/" + name + ".txt";
  std::ifstream file(path);
  std::vector<std::vector<int64_t>> found;
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> words = words_of(line.substr(0, line.find('#')));
    if (words.empty() || words[0] != kind) continue;
    EXPECT_EQ(words.size(), columns + 1) << path << ": " << line;
    std::vector<int64_t> numbers;
    for (size_t i = 1; i < words.size(); ++i) numbers.push_back(std::stoll(words[i]));
    found.push_back(std::move(numbers));
  }
  EXPECT_FALSE(found.empty()) << path << " has no line '" << kind << "'";
  return found;
}

std::string text_of(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (const int64_t extent : shape) text += (text.size() > 1 ? "," : "") + std::to_string(extent);
  return text + "]";
}

}  // namespace oct::test
