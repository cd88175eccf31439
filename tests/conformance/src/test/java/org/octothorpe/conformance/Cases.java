package org.octothorpe.conformance;

import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.octothorpe.DType;

/** The combinations that an operation is tested in. */
final class Cases {
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
                        dtype ->
                            ShapeFile.read(op, "test").stream()
                                .map(line -> Arguments.of(device, dtype, line))));
  }
}
