// Variants: the implementations that a pass of an operation chooses among, each with its limits.
#pragma once
#include <cstring>
#include <span>
#include <vector>

#include "launch.h"

namespace oct::cuda {

// `Problem` is what the pass is asked: shapes, types, operands (null pointers while only the workspace is asked for).
template <class Problem>
struct Variant {
  oct_variant names;
  // "" if it can run, else the reason, as in "needs 4, 8 or 16 channels a group, but there are 5".
  std::string (*refuses)(const gpu::Limits& limits, const Problem& problem);
  // Whether it is the one to choose for a problem that it can run; null: always.
  bool (*suits)(const gpu::Limits& limits, const Problem& problem);
  size_t (*workspace)(const gpu::Limits& limits, const Problem& problem);
  oct_status (*run)(oct_context* context, const Problem& problem, void* workspace);
};

// The first variant that can run and suits, else the first that can run; or the one that was forced, if it belongs to this list.
// Sets *chosen, or fails with the reasons of all.
template <class Problem>
oct_status choose(oct_context* context, std::span<const Variant<Problem>> variants, const Problem& problem,
                  const Variant<Problem>** chosen) {
  const State& s = state(context);
  const Variant<Problem>* able = nullptr;
  std::string reasons;
  for (const Variant<Problem>& variant : variants) {
    const bool forced = s.variant != nullptr && strcmp(s.variant, variant.names.name) == 0;
    const std::string reason = variant.refuses(s.limits, problem);
    if (forced && !reason.empty()) {
      return fail(context, OCT_UNSUPPORTED, "%s_%s: the variant %s %s", variant.names.operation, variant.names.pass, variant.names.name,
                  reason.c_str());
    }
    if (forced) {
      *chosen = &variant;
      return OCT_OK;
    }
    if (!reason.empty()) reasons += std::string(reasons.empty() ? "" : "; ") + variant.names.name + " " + reason;
  }
  for (const Variant<Problem>& variant : variants) {
    if (!variant.refuses(s.limits, problem).empty()) continue;
    if (able == nullptr) able = &variant;
    if (variant.suits == nullptr || variant.suits(s.limits, problem)) {
      *chosen = &variant;
      return OCT_OK;
    }
  }
  if (able == nullptr) {
    return fail(context, OCT_UNSUPPORTED, "%s_%s: no kernel: %s", variants[0].names.operation, variants[0].names.pass, reasons.c_str());
  }
  *chosen = able;
  return OCT_OK;
}

// Adds the names of one pass to the list of all variants.
template <class Problem>
void list(std::vector<oct_variant>* all, std::span<const Variant<Problem>> variants) {
  for (const Variant<Problem>& variant : variants) all->push_back(variant.names);
}

}  // namespace oct::cuda
