// Cached and streaming loads and stores: to the checker they are ordinary accesses, instrumented where they are inlined.
#pragma once
#include "builtins.h"

template <class T>
__forceinline__ T __ldg(const T* address) {
  return *address;
}
template <class T>
__forceinline__ T __ldcg(const T* address) {
  return *address;
}
template <class T>
__forceinline__ T __ldcs(const T* address) {
  return *address;
}
template <class T>
__forceinline__ void __stcg(T* address, T value) {
  *address = value;
}
template <class T>
__forceinline__ void __stcs(T* address, T value) {
  *address = value;
}
