# -DOCT_SANITIZE=ON: AddressSanitizer and UndefinedBehaviorSanitizer, every finding fatal. -O1 (after any -O3): the instrumented kernels
# compile five times faster, and what is checked is their memory accesses.
option(OCT_SANITIZE "build with ASan and UBSan" OFF)
function(oct_sanitizers target)
  if(OCT_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g1 -O1)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  endif()
endfunction()
