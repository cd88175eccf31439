#include "vector_file.h"

#include <bit>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "device.h"

namespace oct::bench {
namespace {

constexpr const char* kFirstLine = "octothorpe vectors 1";

std::string hex(uint64_t value, int digits) {
  char buffer[20];
  snprintf(buffer, sizeof buffer, "%0*llx", digits, static_cast<unsigned long long>(value));
  return buffer;
}

uint64_t checksum(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325ull;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ull;
  return hash;
}

void append(std::string* text, const char* name, const probes::Words& words) {
  *text += std::string(name) + " " + std::to_string(words.size()) + "\n";
  for (size_t i = 0; i < words.size(); ++i) *text += hex(words[i], 8) + (i % 8 == 7 || i + 1 == words.size() ? "\n" : " ");
}

// Lines with a number, for messages.
class Lines {
 public:
  explicit Lines(const std::string& text) : stream_(text) {}
  bool next() {
    ++number_;
    return static_cast<bool>(std::getline(stream_, line_));
  }
  const std::string& line() const { return line_; }
  [[noreturn]] void wrong(const std::string& why) const {
    throw Failure(OCT_CORRUPT_DATA, "line " + std::to_string(number_) + " of the vectors, '" + line_.substr(0, 60) + "': " + why);
  }
  // The rest of a line that begins with the word.
  std::string after(const std::string& word) {
    if (!line_.starts_with(word + " ")) wrong("'" + word + "' was expected");
    return line_.substr(word.size() + 1);
  }
  std::string value(const std::string& word) {
    if (!next()) wrong("the file ends before '" + word + "'");
    return after(word);
  }
  probes::Words words(const std::string& name) {
    const size_t count = std::strtoull(value(name).c_str(), nullptr, 10);
    if (count == 0 || count > size_t{1} << 24) wrong("a number of words was expected");
    probes::Words found;
    while (found.size() < count) {
      if (!next()) wrong("the file ends within words");
      std::istringstream fields(line_);
      for (std::string field; fields >> field;) {
        char* end = nullptr;
        const unsigned long word = std::strtoul(field.c_str(), &end, 16);
        if (field.size() != 8 || *end != 0) wrong("'" + field + "' is not 8 hexadecimal digits");
        found.push_back(static_cast<uint32_t>(word));
      }
    }
    if (found.size() != count) wrong("more words than were announced");
    return found;
  }

 private:
  std::istringstream stream_;
  std::string line_;
  int number_ = 0;
};

// Distance in representable floats; NaN equals NaN alone.
double ulps(float a, float b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b) ? 0 : INFINITY;
  const auto place = [](float x) {
    const auto bits = std::bit_cast<int32_t>(x);
    return bits < 0 ? -static_cast<double>(bits & 0x7fffffff) : static_cast<double>(bits);
  };
  return std::fabs(place(a) - place(b));
}

double distance(const probes::Probe& probe, uint32_t expected, uint32_t actual) {
  if (probe.closeness == probes::Closeness::bits) return expected == actual ? 0 : INFINITY;
  const auto a = std::bit_cast<float>(expected);
  const auto b = std::bit_cast<float>(actual);
  if (probe.closeness == probes::Closeness::ulps) return ulps(a, b);
  if (std::isnan(a) && std::isnan(b)) return 0;
  const double apart = std::fabs(static_cast<double>(a) - static_cast<double>(b));
  return std::isnan(apart) ? INFINITY : apart;
}

}  // namespace

std::string compare_text(const probes::Probe& probe) {
  const char* names[] = {"bits", "ulps", "absolute"};
  char buffer[64];
  snprintf(buffer, sizeof buffer, "%s %.6g", names[static_cast<int>(probe.closeness)], probe.bound);
  return buffer;
}

std::string to_text(const VectorFile& file) {
  std::string text = std::string(kFirstLine) + "\nwrapper " + file.wrapper + "\ndevice " + file.device + "\ncapability " +
                     std::to_string(file.capability) + "\ndriver " + std::to_string(file.driver) + "\ndate " + file.date + "\n";
  for (const VectorCase& c : file.cases) {
    text += "case " + c.name + "\ncompare " + c.compare + "\n";
    append(&text, "inputs", c.inputs);
    append(&text, "outputs", c.outputs);
  }
  return text + "checksum " + hex(checksum(text), 16) + "\n";
}

VectorFile from_text(const std::string& text) {
  Lines lines(text);
  if (!lines.next() || lines.line() != kFirstLine) lines.wrong(std::string("'") + kFirstLine + "' was expected");
  VectorFile file;
  file.wrapper = lines.value("wrapper");
  file.device = lines.value("device");
  file.capability = std::atoi(lines.value("capability").c_str());
  file.driver = std::atoi(lines.value("driver").c_str());
  file.date = lines.value("date");
  while (true) {
    if (!lines.next()) lines.wrong("the file ends without a checksum");
    if (lines.line().starts_with("checksum ")) break;
    VectorCase c;
    c.name = lines.after("case");
    c.compare = lines.value("compare");
    c.inputs = lines.words("inputs");
    c.outputs = lines.words("outputs");
    file.cases.push_back(std::move(c));
  }
  const std::string expected = hex(checksum(text.substr(0, text.rfind("checksum "))), 16);
  if (lines.after("checksum") != expected) lines.wrong("the content has the checksum " + expected);
  return file;
}

std::string difference(const probes::Probe& probe, const probes::Words& expected, const probes::Words& actual) {
  if (expected.size() != actual.size()) {
    return std::to_string(actual.size()) + " words where the vectors have " + std::to_string(expected.size());
  }
  size_t wrong = 0;
  std::string first;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (distance(probe, expected[i], actual[i]) <= probe.bound) continue;
    if (++wrong == 1) first = "word " + std::to_string(i) + " is " + hex(actual[i], 8) + ", the vectors say " + hex(expected[i], 8);
  }
  return wrong == 0 ? ""
                    : first + " (" + std::to_string(wrong) + " of " + std::to_string(expected.size()) + " words beyond '" +
                          compare_text(probe) + "')";
}

}  // namespace oct::bench
