// Which GPUs the binaries of a library run on.
#pragma once
#include <algorithm>
#include <string>

namespace gpu {

// Whether a device of a compute capability (86 is 8.6) has a binary, or PTX that its driver compiles, in a library that was built for
// `architectures`: what CMake takes, between commas, as in "80-real,90a-real,120". Binaries run on later minors of their major, those of
// an 'a' only on their own capability, those of an 'f' on its family, which here is taken as the major; PTX on all that come after.
inline bool has_binary(const std::string& architectures, int capability) {
  for (size_t begin = 0; begin < architectures.size();) {
    const size_t end = std::min(architectures.find(',', begin), architectures.size());
    const std::string item = architectures.substr(begin, end - begin);
    begin = end + 1;
    const size_t digits = item.find_first_not_of("0123456789");
    if (digits == 0) return true;  // "native" and its like: what was built is not known here
    const int built = std::stoi(item.substr(0, digits));
    const std::string rest = digits == std::string::npos ? "" : item.substr(digits);
    const bool binary = rest.find("-virtual") == std::string::npos, ptx = rest.find("-real") == std::string::npos;
    const bool same_major = capability / 10 == built / 10 && capability >= built;
    if (rest[0] == 'a' ? capability == built : (binary && same_major) || (ptx && (rest[0] == 'f' ? same_major : capability >= built)))
      return true;
  }
  return false;
}

}  // namespace gpu
