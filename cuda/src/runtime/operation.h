// How every operation is prepared, bound and run.
#pragma once
#include <new>

#include "runtime/kernels.h"

namespace oct::cuda {

inline Launches& launches_of(oct_call* call) { return *static_cast<Launches*>(call->plan); }

inline oct_status run(oct_call* call) { return launches_of(call).enqueue(); }
inline void release(oct_call* call) { delete &launches_of(call); }

template <class Args, oct_status (*Record)(Launches&, const Args&, void*)>
oct_status bind(oct_call* call) {
  Launches& launches = launches_of(call);
  launches.clear();
  oct_status status;
  try {
    status = report(call->context, OCT_DEVICE_FAULT, "bind", gpu::use_device(state(call->context).ordinal));
    if (status == OCT_OK) status = Record(launches, args<Args>(call), call->workspace);
  } catch (const std::bad_alloc&) {
    status = fail(call->context, OCT_OUT_OF_MEMORY, "bind: no memory");
  }
  if (status != OCT_OK) launches.clear();
  call->variant = launches.variant();
  return status;
}

template <class Args, oct_status (*Record)(Launches&, const Args&, void*)>
oct_status prepare(oct_call* call) {
  try {
    auto launches = std::make_unique<Launches>(call->context);
    OCT_TRY(workspace(*launches, args<Args>(call), &call->workspace_bytes));
    launches->promise(call->workspace_bytes);
    call->variant = launches->variant();
    call->bind = bind<Args, Record>;
    call->run = run;
    call->release = release;
    call->plan = launches.release();
    return OCT_OK;
  } catch (const std::bad_alloc&) {
    return fail(call->context, OCT_OUT_OF_MEMORY, "prepare: no memory");
  }
}

}  // namespace oct::cuda
