// Files that are whole or absent: written under another name, then renamed.
#pragma once
#include <string>

namespace oct::bench {

/// Replaces a file at once; what was there before stays where the new one cannot be written. Throws Failure with the path.
void write_file(const std::string& path, const std::string& text);
/// Throws Failure with the path.
std::string read_file(const std::string& path);

}  // namespace oct::bench
