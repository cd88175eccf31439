// Which GPUs a build runs on, by the architectures that it was built for.
#include "gpu/binaries.h"

#include <gtest/gtest.h>

namespace {

using gpu::has_binary;

TEST(CudaBinaries, TheUsualBuildRunsWhereItHasABinaryOrPtx) {
  const std::string usual = "80-real,90a-real,100-real,120";
  for (const int capability : {80, 86, 87, 89, 90, 100, 103, 120, 121, 130, 200}) EXPECT_TRUE(has_binary(usual, capability)) << capability;
  for (const int capability : {50, 70, 75, 91, 110, 111}) EXPECT_FALSE(has_binary(usual, capability)) << capability;
}

TEST(CudaBinaries, PtxRunsOnWhatComesAfter) {
  EXPECT_TRUE(has_binary("80-virtual", 110));
  EXPECT_TRUE(has_binary("80", 110));
  EXPECT_FALSE(has_binary("86-virtual", 80));
  EXPECT_FALSE(has_binary("80-real", 90));
}

TEST(CudaBinaries, BinariesRunOnLaterMinorsAlone) {
  EXPECT_TRUE(has_binary("86-real", 89));
  EXPECT_FALSE(has_binary("86-real", 80));
  EXPECT_FALSE(has_binary("86-real", 90));
}

TEST(CudaBinaries, ThoseOfOneChipRunOnItAlone) {
  EXPECT_TRUE(has_binary("90a", 90));
  EXPECT_FALSE(has_binary("90a", 100));
  EXPECT_FALSE(has_binary("100a-real", 103));
  EXPECT_TRUE(has_binary("100f-real", 103));
  EXPECT_FALSE(has_binary("100f", 110));
}

TEST(CudaBinaries, WhatIsNotKnownIsNotRefused) {
  EXPECT_TRUE(has_binary("native", 110));
  EXPECT_TRUE(has_binary("all-major", 75));
  EXPECT_FALSE(has_binary("", 90));
}

}  // namespace
