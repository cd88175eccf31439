// The little JSON that reports need: numbers, texts, lists, objects.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace oct::bench {

struct Json {
  enum class Kind { null, number, text, list, object };
  Kind kind = Kind::null;
  double number = 0;
  std::string text;
  std::vector<Json> list;
  std::map<std::string, Json> object;

  Json() = default;
  Json(double value) : kind(Kind::number), number(value) {}
  Json(const std::string& value) : kind(Kind::text), text(value) {}
  Json(const char* value) : kind(Kind::text), text(value) {}
  static Json make_list() {
    Json json;
    json.kind = Kind::list;
    return json;
  }
  static Json make_object() {
    Json json;
    json.kind = Kind::object;
    return json;
  }

  /// A member, or null.
  const Json& operator[](const std::string& name) const;
  Json& set(const std::string& name) { return object[name]; }
};

std::string to_text(const Json& json, int depth = 0);
/// Throws Failure with the place that is wrong.
Json json_from(const std::string& text);
Json read_json(const std::string& path);
void write_json(const std::string& path, const Json& json);

}  // namespace oct::bench
