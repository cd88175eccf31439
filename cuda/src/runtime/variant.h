// Variants: the implementations that an operation chooses among, each with its limits.
#pragma once
#include <cstring>
#include <span>

#include "runtime/launches.h"
#include "runtime/refusal.h"

namespace oct::cuda {

// `Problem` is what the operation is asked: shapes, types, operands. Before the call is bound, addresses are null and count as aligned.
template <class Problem>
struct Variant {
  oct_variant names;
  // Nothing if it can run, else the reason, as in "needs 4, 8 or 16 channels per group, but there are 5".
  Refusal (*refuses)(const gpu::Limits& limits, const Problem& problem);
  // Whether it is the one to choose for a problem that it can run; null: always.
  bool (*suits)(const gpu::Limits& limits, const Problem& problem);
  size_t (*workspace)(const gpu::Limits& limits, const Problem& problem);
  oct_status (*record)(Launches& launches, const Problem& problem, void* workspace);
};

template <class Problem>
size_t no_workspace(const gpu::Limits&, const Problem&) {
  return 0;
}

template <class Problem>
oct_status fail_refused(const Launches& launches, const Variant<Problem>& variant, const Refusal& refusal) {
  return fail(launches.context(), OCT_UNSUPPORTED, "%s_%s: the variant %s %s", variant.names.operation, variant.names.pass,
              variant.names.name, refusal.text().c_str());
}

template <class Problem>
oct_status fail_refused(const Launches& launches, std::span<const Variant<Problem>> variants, const std::vector<Refusal>& refusals) {
  std::string reasons;
  for (size_t i = 0; i < refusals.size(); ++i) {
    reasons += std::string(i == 0 ? "" : "; ") + variants[i].names.name + " " + refusals[i].text();
  }
  return fail(launches.context(), OCT_UNSUPPORTED, "%s_%s: no kernel: %s", variants[0].names.operation, variants[0].names.pass,
              reasons.c_str());
}

// The variant that was forced, if it belongs to this list; null if none was. Fails if it cannot run.
template <class Problem>
oct_status find_forced(const Launches& launches, std::span<const Variant<Problem>> variants, const Problem& problem,
                       const Variant<Problem>** found) {
  *found = nullptr;
  if (launches.forced() == nullptr) return OCT_OK;
  for (const Variant<Problem>& variant : variants) {
    if (strcmp(launches.forced(), variant.names.name) != 0) continue;
    *found = &variant;
    const Refusal refusal = variant.refuses(launches.limits(), problem);
    return refusal ? fail_refused(launches, variant, refusal) : OCT_OK;
  }
  return OCT_OK;
}

// The first variant that can run and suits, else the first that can run. Fails with the reasons of all.
template <class Problem>
oct_status choose_variant(const Launches& launches, std::span<const Variant<Problem>> variants, const Problem& problem,
                          const Variant<Problem>** chosen) {
  std::vector<Refusal> refusals;
  *chosen = nullptr;
  for (const Variant<Problem>& variant : variants) {
    const Refusal refusal = variant.refuses(launches.limits(), problem);
    if (refusal) {
      refusals.push_back(refusal);
      continue;
    }
    const bool suits = variant.suits == nullptr || variant.suits(launches.limits(), problem);
    if (suits || *chosen == nullptr) *chosen = &variant;
    if (suits) break;
  }
  return *chosen != nullptr ? OCT_OK : fail_refused(launches, variants, refusals);
}

// When the call is prepared: names the variant and says what scratch it needs.
template <class Problem>
oct_status prepare_variant(Launches& launches, std::span<const Variant<Problem>> variants, const Problem& problem, size_t* bytes) {
  const Variant<Problem>* chosen = nullptr;
  OCT_TRY(find_forced(launches, variants, problem, &chosen));
  const bool forced = chosen != nullptr;
  if (!forced) OCT_TRY(choose_variant(launches, variants, problem, &chosen));
  launches.choose(chosen->names.name);
  *bytes = chosen->workspace(launches.limits(), problem);
  // Alignment is unknown until bind, which may fall back to the last variant: scratch for both is reserved.
  const Variant<Problem>& last = variants.back();
  if (!forced && &last != chosen && !last.refuses(launches.limits(), problem)) {
    *bytes = std::max(*bytes, last.workspace(launches.limits(), problem));
  }
  return OCT_OK;
}

// When the call is bound: chooses again, now with the addresses, and records the launches. A variant that would need more scratch than
// was promised gives way to the last one.
template <class Problem>
oct_status record_variant(Launches& launches, std::span<const Variant<Problem>> variants, const Problem& problem, void* workspace) {
  const Variant<Problem>* chosen = nullptr;
  OCT_TRY(find_forced(launches, variants, problem, &chosen));
  if (chosen == nullptr) {
    OCT_TRY(choose_variant(launches, variants, problem, &chosen));
    if (chosen->workspace(launches.limits(), problem) > launches.workspace_bytes()) {
      chosen = &variants.back();
      if (const Refusal refusal = chosen->refuses(launches.limits(), problem)) return fail_refused(launches, *chosen, refusal);
    }
  }
  launches.choose(chosen->names.name);
  return chosen->record(launches, problem, workspace);
}

// Adds the names of one pass to the list of all variants.
template <class Problem>
void list(std::vector<oct_variant>* all, std::span<const Variant<Problem>> variants) {
  for (const Variant<Problem>& variant : variants) all->push_back(variant.names);
}

}  // namespace oct::cuda
