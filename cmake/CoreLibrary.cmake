# The core library, target octothorpe: the contract's dispatch layer and the CPU device, from the folder native.
include(Sanitizers)
include(InstructionSets)

get_filename_component(oct_native ${CMAKE_CURRENT_LIST_DIR}/../native ABSOLUTE)
find_package(OpenMP REQUIRED COMPONENTS CXX)

# oct_core_library([WITHOUT_JPEG]): without the decoder, where nothing decodes and libjpeg-turbo may not be.
function(oct_core_library)
  file(GLOB dispatch CONFIGURE_DEPENDS ${oct_native}/src/*.cpp ${oct_native}/src/images/*.cpp)
  file(GLOB kernels CONFIGURE_DEPENDS ${oct_native}/src/cpu/*.cpp ${oct_native}/src/cpu/*/*.cpp)
  list(REMOVE_ITEM kernels ${oct_native}/src/cpu/device.cpp)
  if("WITHOUT_JPEG" IN_LIST ARGN)
    list(FILTER dispatch EXCLUDE REGEX "/jpeg[^/]*$")
  endif()
  add_library(octothorpe SHARED ${dispatch} ${oct_native}/src/cpu/device.cpp)
  target_include_directories(octothorpe PUBLIC ${oct_native}/include)
  target_compile_definitions(octothorpe PRIVATE OCT_VERSION="${PROJECT_VERSION}")
  target_compile_options(octothorpe PRIVATE -O2 -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
  oct_warnings(octothorpe)
  oct_sanitizers(octothorpe)
  oct_add_instruction_sets(octothorpe "${kernels}" ${oct_native}/include)
  # libstdc++ and libgcc inside, everything else hidden: the library meets other versions of them in a JVM. libgomp stays shared: see
  # parallel.h.
  target_link_options(octothorpe PRIVATE -static-libstdc++ -static-libgcc -Wl,--exclude-libs,ALL -Wl,-Bsymbolic -Wl,--no-undefined)
  target_link_libraries(octothorpe PRIVATE OpenMP::OpenMP_CXX)
endfunction()
