# Compiles the kernel sources once an instruction set, each into a namespace of its own (native/src/cpu/isa.h).
function(oct_add_instruction_sets target sources includes)
  set(flags_v2 -march=x86-64-v2)
  set(flags_v3 -march=x86-64-v3)
  set(flags_v4 -march=x86-64-v4 -mprefer-vector-width=512)
  set(flags_v4_bf16 -march=x86-64-v4 -mavx512bf16 -mprefer-vector-width=512)
  foreach(isa v2 v3 v4 v4_bf16)
    add_library(${target}_${isa} OBJECT ${sources})
    target_include_directories(${target}_${isa} PRIVATE ${includes})
    target_compile_definitions(${target}_${isa} PRIVATE OCT_ISA=${isa})
    # -Wno-psabi: vectors wider than the baseline's registers are passed between functions of one namespace only.
    target_compile_options(${target}_${isa} PRIVATE ${flags_${isa}} -O3 -fno-math-errno -fno-trapping-math -fno-exceptions -fno-rtti
                           -ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -Wno-psabi)
    oct_warnings(${target}_${isa})
    oct_sanitizers(${target}_${isa})
    target_link_libraries(${target}_${isa} PRIVATE OpenMP::OpenMP_CXX)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${target}_${isa}>)
  endforeach()
endfunction()
