#include "json.h"

#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "device.h"
#include "files.h"

namespace oct::bench {
namespace {

std::string quoted(const std::string& text) {
  std::string all = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      all += std::string("\\") + c;
    } else if (static_cast<unsigned char>(c) < 32) {
      char buffer[8];
      snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(c));
      all += buffer;
    } else {
      all += c;
    }
  }
  return all + "\"";
}

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  Json all() {
    Json json = value();
    skip();
    if (at_ != text_.size()) wrong("the end");
    return json;
  }

 private:
  [[noreturn]] void wrong(const std::string& expected) const {
    throw Failure(OCT_CORRUPT_DATA, "JSON, byte " + std::to_string(at_) + ": " + expected + " was expected");
  }
  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool word(const char* name) {
    const std::string expected = name;
    if (text_.compare(at_, expected.size(), expected) != 0) return false;
    at_ += expected.size();
    return true;
  }

  Json value() {
    skip();
    if (at_ >= text_.size()) wrong("a value");
    if (text_[at_] == '{') return object();
    if (text_[at_] == '[') return list();
    if (text_[at_] == '"') return Json(string());
    if (word("null") || word("NaN")) return Json();
    if (word("true")) return Json(1.0);
    if (word("false")) return Json(0.0);
    char* end = nullptr;
    const double number = std::strtod(text_.c_str() + at_, &end);
    if (end == text_.c_str() + at_) wrong("a value");
    at_ = static_cast<size_t>(end - text_.c_str());
    return Json(number);
  }

  Json object() {
    Json json = Json::make_object();
    take('{');
    if (take('}')) return json;
    do {
      skip();
      const std::string name = string();
      if (!take(':')) wrong("':'");
      json.object[name] = value();
    } while (take(','));
    if (!take('}')) wrong("'}'");
    return json;
  }

  Json list() {
    Json json = Json::make_list();
    take('[');
    if (take(']')) return json;
    do {
      json.list.push_back(value());
    } while (take(','));
    if (!take(']')) wrong("']'");
    return json;
  }

  std::string string() {
    if (!take('"')) wrong("'\"'");
    std::string found;
    while (at_ < text_.size() && text_[at_] != '"') {
      char c = text_[at_++];
      if (c == '\\' && at_ < text_.size()) {
        c = text_[at_++];
        if (c == 'n') c = '\n';
        if (c == 't') c = '\t';
        if (c == 'u') {
          c = static_cast<char>(std::strtol(text_.substr(at_, 4).c_str(), nullptr, 16));  // control characters alone are written so
          at_ += 4;
        }
      }
      found += c;
    }
    if (!take('"')) wrong("'\"'");
    return found;
  }

  const std::string& text_;
  size_t at_ = 0;
};

}  // namespace

const Json& Json::operator[](const std::string& name) const {
  static const Json nothing;
  const auto found = object.find(name);
  return found == object.end() ? nothing : found->second;
}

std::string to_text(const Json& json, int depth) {
  const std::string indent = depth < 2 ? "\n" + std::string(static_cast<size_t>(depth) + 1, ' ') : "";
  std::string all;
  switch (json.kind) {
    case Json::Kind::null:
      return "null";
    case Json::Kind::number: {
      if (!std::isfinite(json.number)) return "null";
      char buffer[40];
      snprintf(buffer, sizeof buffer, "%.9g", json.number);
      return buffer;
    }
    case Json::Kind::text:
      return quoted(json.text);
    case Json::Kind::list:
      for (const Json& element : json.list) all += (all.empty() ? "" : ", ") + indent + to_text(element, depth + 1);
      return "[" + all + "]";
    default:
      for (const auto& [name, member] : json.object)
        all += (all.empty() ? "" : ", ") + indent + quoted(name) + ": " + to_text(member, depth + 1);
      return "{" + all + "}";
  }
}

Json json_from(const std::string& text) { return Parser(text).all(); }

Json read_json(const std::string& path) {
  const std::string text = read_file(path);
  try {
    return json_from(text);
  } catch (const Failure& failure) {
    throw Failure(failure.status, path + ": " + failure.what());
  }
}

void write_json(const std::string& path, const Json& json) { write_file(path, to_text(json) + "\n"); }

}  // namespace oct::bench
