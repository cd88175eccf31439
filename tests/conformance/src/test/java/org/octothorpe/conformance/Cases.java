package org.octothorpe.conformance;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.octothorpe.DType;

/**
 * The combinations that an operation is tested in: every shape on the CPU, and the first few on
 * other devices, where {@code tests/contract} has every shape against the same tolerances and only
 * the way through Java is left to check.
 */
final class Cases {
  private static final int SHAPES_BESIDE_THE_CPU = 4;

  private Cases() {}

  /**
   * Returns device, F32 or BF16, and the numbers of a test line of {@code tests/shapes/<op>.txt}.
   */
  static Stream<Arguments> of(String op) {
    return Devices.names().stream()
        .flatMap(
            device ->
                Stream.of(DType.F32, DType.BF16)
                    .flatMap(
                        dtype -> lines(op, device).map(line -> Arguments.of(device, dtype, line))));
  }

  /** Returns the numbers of the test lines of {@code tests/shapes/<op>.txt} for a device. */
  static Stream<int[]> lines(String op, String device) {
    return ShapeFile.read(op, "test").stream()
        .limit(device.equals("cpu") ? Long.MAX_VALUE : SHAPES_BESIDE_THE_CPU);
  }

  /** Returns the same with the first {@code count} numbers as arguments of their own. */
  static Stream<Arguments> spread(String op, int count) {
    return of(op)
        .map(
            arguments -> {
              Object[] spread = Arrays.copyOf(arguments.get(), 2 + count);
              int[] line = (int[]) arguments.get()[2];
              for (int i = 0; i < count; i++) {
                spread[2 + i] = line[i];
              }
              return Arguments.of(spread);
            });
  }
}
