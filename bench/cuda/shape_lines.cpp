#include "shape_lines.h"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace oct::bench {
namespace {

constexpr long long kMost = 2147483647;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// "" or the rule that the word breaks as the value of a column.
std::string read_number(const std::string& word, const std::string& column, int64_t* number) {
  const bool zero = column.ends_with(":0");
  char* end = nullptr;
  errno = 0;
  const long long value = std::strtoll(word.c_str(), &end, 10);
  *number = value;
  if (*end == 0 && errno == 0 && value >= (zero ? 0 : 1) && value <= kMost) return "";
  return column.substr(0, column.find(':')) + " is '" + word + "', but must be an integer of at least " + (zero ? "0" : "1") +
         " and at most " + std::to_string(kMost);
}

// "" or the rule that the line breaks.
std::string read_line(const std::vector<std::string>& words, const std::vector<std::string>& columns, std::vector<int64_t>* numbers) {
  if (words[0] != "test" && words[0] != "layer") return "the first word is '" + words[0] + "', but must be test or layer";
  if (words.size() - 1 != columns.size()) {
    std::string names;
    for (const std::string& column : columns) names += " " + column.substr(0, column.find(':'));
    return std::to_string(words.size() - 1) + " numbers, but there must be " + std::to_string(columns.size()) + ":" + names;
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    numbers->push_back(0);
    const std::string problem = read_number(words[i + 1], columns[i], &numbers->back());
    if (!problem.empty()) return problem;
  }
  return "";
}

}  // namespace

std::vector<std::vector<int64_t>> lines_of(const std::string& name, const std::string& columns, const Choice& choice) {
  const char* folder = std::getenv("OCT_SHAPES");
  const std::string path = std::string(folder != nullptr ? folder : OCT_SHAPES) + "/" + name + ".txt";
  const auto wrong = [&](const std::string& problem) {
    if (choice.problems != nullptr) choice.problems->insert(problem);
  };
  std::ifstream file(path);
  if (!file.good()) wrong("cannot read " + path + "; OCT_SHAPES=FOLDER names another tests/shapes");
  const std::vector<std::string> names = words_of(columns);
  std::vector<std::vector<int64_t>> found;
  int place = 0;
  for (std::string line; std::getline(file, line);) {
    ++place;
    const std::vector<std::string> words = words_of(line.substr(0, line.find('#')));
    if (words.empty()) continue;
    std::vector<int64_t> numbers;
    const std::string problem = read_line(words, names, &numbers);
    if (!problem.empty()) {
      wrong(path + ": line " + std::to_string(place) + ": " + problem);
    } else if (words[0] == choice.shapes) {
      found.push_back(std::move(numbers));
    }
  }
  if (const size_t enough = found.size() > 40 ? 10 : 4; choice.small && found.size() > enough) {
    // Spread over the file: its lines go from simple to odd.
    std::vector<std::vector<int64_t>> few;
    for (size_t i = 0; i < enough; ++i) few.push_back(found[(2 * i + 1) * found.size() / (2 * enough)]);
    found = few;
  }
  return found;
}

}  // namespace oct::bench
