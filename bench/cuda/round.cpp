#include "round.h"

namespace oct::bench {

void count_none(const char* section, const std::string& reason, const Options& options, Counts* counts) {
  options.allow_none ? counts->skip(section, reason) : counts->fail(std::string(section) + ": " + reason);
}

std::string no_task(const std::string& shapes, const Options& options) {
  return "no task matches: --filter is '" + options.filter + "', --shapes " + shapes + (options.small ? ", --small" : "") +
         "; octo_bench --section list prints the names of layer shapes";
}

bool Round::begin(const Task& task) {
  if (lost_) {
    ++not_run_;
    return false;
  }
  if (std::chrono::steady_clock::now() - start_ > std::chrono::duration<double>(options_.minutes * 60)) {
    ++late_;
    return false;
  }
  ++begun_;
  printf("%s\n", name_of(task).c_str());
  return true;
}

bool Round::wants(const std::string& variant) {
  const bool wanted = std::regex_search(variant.empty() ? "chosen" : variant, options_.variant_matches);
  matched_variant_ = matched_variant_ || wanted;
  return wanted;
}

void Round::look(const std::string& what) {
  if (lost_ || device_.answers()) return;
  lost_ = true;
  counts_->fail("the device is lost after " + what + "; the rest is not run");
}

void Round::finish() {
  if (begun_ + late_ + not_run_ == 0) {
    count_none(section_, no_task(shapes_, options_), options_, counts_);
  } else if (begun_ > 0 && !matched_variant_ && !lost_) {
    count_none(section_, "no variant of " + std::to_string(begun_) + " tasks matches --variant '" + options_.variant_filter + "'", options_,
               counts_);
  }
  if (begun_ == 0 && late_ > 0) {
    count_none(section_, "no task was begun within --minutes " + std::to_string(options_.minutes), options_, counts_);
  }
  if (late_ > 0) counts_->skip(section_, std::to_string(late_) + " tasks did not fit into --minutes; --filter chooses");
  if (not_run_ > 0) counts_->skip(section_, std::to_string(not_run_) + " tasks not run: the device is lost");
}

}  // namespace oct::bench
