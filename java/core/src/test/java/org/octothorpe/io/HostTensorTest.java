package org.octothorpe.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.octothorpe.DType;

/** Conversions, shapes and strides of tensors in host memory. */
final class HostTensorTest {
  @Test
  void valuesSurviveInEveryType() {
    assertThat(HostTensor.of(new float[] {1, -0f, Float.NaN}, 3).toFloats())
        .containsExactly(1, -0f, Float.NaN);
    assertThat(HostTensor.of(new double[] {Math.PI}, 1).toDoubles()).containsExactly(Math.PI);
    assertThat(HostTensor.of(new long[] {Long.MIN_VALUE, -1}, 2).toLongs())
        .containsExactly(Long.MIN_VALUE, -1);
    assertThat(HostTensor.of(new int[] {Integer.MIN_VALUE}, 1).toLongs())
        .containsExactly(Integer.MIN_VALUE);
    assertThat(HostTensor.of(new byte[] {-1, 127}, 2).toLongs()).containsExactly(255, 127);
    assertThat(HostTensor.of(new byte[] {-1, 127}, 2).toFloats()).containsExactly(255, 127);
  }

  @Test
  void integersRoundOnceToFloat() {
    // 2^53 + 2^29 + 1 is above the middle of two floats; by way of double it would be rounded to
    // the tie first and then down.
    long value = (1L << 53) + (1L << 29) + 1;
    assertThat(HostTensor.of(new long[] {value}, 1).toFloats()).containsExactly((float) value);
    assertThat((float) value).isNotEqualTo((float) (double) value);
  }

  @Test
  void bytesAreLittleEndian() {
    assertThat(HostTensor.of(new int[] {0x01020304}, 1).toBytes()).containsExactly(4, 3, 2, 1);
    ByteBuffer bytes =
        ByteBuffer.wrap(new byte[] {9, 4, 3, 2, 1}).order(ByteOrder.BIG_ENDIAN).position(1);
    assertThat(HostTensor.of(DType.I32, bytes, 1).toLongs()).containsExactly(0x01020304);
  }

  @Test
  void everyHalfMatchesItsDefinition() {
    ByteBuffer bits = ByteBuffer.allocate(2 << 16).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 1 << 16; i++) {
      bits.putShort((short) i);
    }
    float[] values = HostTensor.of(DType.F16, bits.flip(), 1 << 16).toFloats();
    for (int i = 0; i < 1 << 16; i++) {
      int exponent = (i >> 10) & 31;
      double fraction = i & 1023;
      double magnitude =
          exponent == 31
              ? (fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN)
              : exponent == 0
                  ? Math.scalb(fraction, -24)
                  : Math.scalb(1024 + fraction, exponent - 25);
      Float expected = (float) (i < 1 << 15 ? magnitude : -magnitude);
      assertThat(values[i]).as("bits %x", i).isEqualTo(expected);
    }
  }

  @Test
  void bf16IsTheUpperHalfOfAFloat() {
    ByteBuffer bits = ByteBuffer.wrap(new byte[] {(byte) 0x80, 0x3f, 0x49, 0x40});
    assertThat(HostTensor.of(DType.BF16, bits, 2).toFloats()).containsExactly(1f, 3.140625f);
  }

  @Test
  void rankZeroIsOneElementAndZeroExtentsAreNone() {
    HostTensor scalar = HostTensor.of(new long[] {7});
    assertThat(scalar.rank()).isZero();
    assertThat(scalar.toLongs()).containsExactly(7);
    assertThat(scalar).hasToString("I64 []");
    assertThat(HostTensor.of(new float[0], 3, 0).elements()).isZero();
  }

  @Test
  void permuteMovesEveryElement() {
    int[] values = IntStream.range(0, 2 * 3 * 5 * 7).toArray();
    HostTensor kcrs = HostTensor.of(values, 2, 3, 5, 7);
    HostTensor krsc = kcrs.permute(0, 2, 3, 1);
    assertThat(krsc.shape()).containsExactly(2, 5, 7, 3);
    long[] moved = krsc.toLongs();
    for (int k = 0; k < 2; k++) {
      for (int c = 0; c < 3; c++) {
        for (int r = 0; r < 5; r++) {
          for (int s = 0; s < 7; s++) {
            assertThat(moved[((k * 5 + r) * 7 + s) * 3 + c])
                .isEqualTo(((k * 3 + c) * 5 + r) * 7 + s);
          }
        }
      }
    }
    assertThat(krsc.permute(0, 3, 1, 2).sameBits(kcrs)).isTrue();
    assertThat(krsc.sameBits(kcrs)).isFalse();
    assertThat(HostTensor.of(new float[0], 0, 3).permute(1, 0).shape()).containsExactly(3, 0);
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void permuteMovesElementsOfEverySize(DType dtype) {
    int size = dtype.bytes();
    byte[] bytes = new byte[6 * size];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    byte[] moved = HostTensor.of(dtype, ByteBuffer.wrap(bytes), 2, 3).permute(1, 0).toBytes();
    for (int i = 0; i < bytes.length; i++) {
      int element = i / size;
      assertThat(moved[i]).isEqualTo((byte) ((element % 2 * 3 + element / 2) * size + i % size));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "BOOL,1,1",
    "I8,-1,255",
    "I16,-1,65535",
    "U16,65535,65535",
    "U32,4294967295,4294967295",
    "I64,-1,-1",
    "U64,9223372036854775807,9223372036854775807"
  })
  void integersOfEveryWidthAreRead(DType dtype, long value, long bits) {
    byte[] bytes = new byte[dtype.bytes()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (bits >> (8 * i));
    }
    HostTensor tensor = HostTensor.of(dtype, ByteBuffer.wrap(bytes), 1);
    assertThat(tensor.toLongs()).containsExactly(value);
    assertThat(tensor.toDoubles()).containsExactly((double) value);
    assertThat(tensor.toFloats()).containsExactly((float) value);
    assertThat(dtype.isFloat()).isFalse();
  }

  @Test
  void integersAboveTheSignedOnesRoundAsNumbersAndAreNoLongs() {
    byte[] bytes = {-1, -1, -1, -1, -1, -1, -1, -1};
    HostTensor tensor = HostTensor.of(DType.U64, ByteBuffer.wrap(bytes), 1);
    assertThat(tensor.toDoubles()).containsExactly(0x1p64);
    assertThatThrownBy(tensor::toLongs)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("18446744073709551615 exceeds");
  }

  @Test
  void badArgumentsAreNamed() {
    assertThatThrownBy(() -> HostTensor.of(new float[3], 2, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("values has 3 elements, but shape [2,2] needs 4");
    assertThatThrownBy(() -> HostTensor.of(DType.BF16, ByteBuffer.allocate(3), 2))
        .hasMessage("data has 3 bytes, but BF16 [2] needs 4");
    assertThatThrownBy(() -> HostTensor.of(new float[0], 0, -1))
        .hasMessage("shape [0,-1] has extent -1, but extents must be >= 0");
    assertThatThrownBy(() -> HostTensor.of(new float[0], 1L << 32, 1L << 32))
        .hasMessageContaining("exceeds 2147483647 bytes");
    assertThatThrownBy(() -> HostTensor.of(new float[2], 2).toLongs())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("F32 [2] is not a tensor of integers");
    for (int[] axes : new int[][] {{0}, {0, 0}, {0, 2}, {-1, 0}, {0, 1, 2}}) {
      assertThatThrownBy(() -> HostTensor.of(new float[6], 2, 3).permute(axes))
          .hasMessageContaining("must be a permutation of 0 to 1");
    }
  }

  @Test
  void nobodyWritesThroughAView() {
    float[] values = {1, 2};
    HostTensor tensor = HostTensor.of(values, 2);
    values[0] = 9;
    assertThat(tensor.data().isReadOnly()).isTrue();
    assertThat(tensor.toFloats()).containsExactly(1, 2);
  }
}
