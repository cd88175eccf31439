#include "files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "device.h"

namespace oct::bench {

void write_file(const std::string& path, const std::string& text) {
  const std::string partial = path + ".partial";
  std::ofstream file(partial, std::ios::binary);
  file << text;
  file.close();
  if (!file.good()) throw Failure(OCT_INVALID_ARGUMENT, "cannot write " + partial);
  if (std::rename(partial.c_str(), path.c_str()) != 0) {
    throw Failure(OCT_INVALID_ARGUMENT, "cannot rename " + partial + " to " + path + ": " + std::strerror(errno));
  }
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file.good() || text.bad()) throw Failure(OCT_INVALID_ARGUMENT, "cannot read " + path);
  return text.str();
}

}  // namespace oct::bench
