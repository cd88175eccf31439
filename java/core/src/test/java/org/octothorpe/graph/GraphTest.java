package org.octothorpe.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.octothorpe.Shape;

/** What a graph refuses before a plan is made. */
class GraphTest {
  private static Graph graph() {
    return new Graph(Shape.nhwc(1, 8, 6, 3));
  }

  @ParameterizedTest
  @CsvSource({
    "3,2,2,'padding is 2, but must be in [0,1]'",
    "3,2,3,'padding is 3, but must be in [0,1]'",
    "1,1,1,'padding is 1, but must be in [0,0]'",
    "4,1,3,'padding is 3, but must be in [0,2]'",
    "3,2,-1,'padding is -1, but must be in [0,1]'",
    "3,0,1,'stride is 0, but must be in [1,2147483647]'",
    "3,-1,1,'stride is -1, but must be in [1,2147483647]'",
    "0,1,0,'kernel is 0, but must be in [1,15]'",
    "16,1,0,'kernel is 16, but must be in [1,15]'",
    "9,1,1,'is smaller than the kernel 9 with padding 1'"
  })
  void poolsWithWindowsOfPaddingAloneOrOfNoSizeAreRefused(
      long kernel, long stride, long padding, String message) {
    Graph graph = graph();
    assertThatThrownBy(() -> graph.maxPool("pool", graph.input(), kernel, stride, padding))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("pool: ")
        .hasMessageContaining(message);
  }

  @Test
  void poolsUpToHalfTheKernelOfPaddingAreTaken() {
    Graph graph = graph();
    assertThat(graph.maxPool("a", graph.input(), 3, 2, 1).shape())
        .isEqualTo(Shape.nhwc(1, 4, 3, 3));
    assertThat(graph.maxPool("b", graph.input(), 4, 1, 2).shape())
        .isEqualTo(Shape.nhwc(1, 9, 7, 3));
  }

  @Test
  void aConvolutionWithoutAStrideIsRefused() {
    Graph graph = graph();
    assertThatThrownBy(() -> graph.conv("conv", graph.input(), 4, 3, 0, 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("conv: stride is 0, but must be in [1,2147483647]");
  }
}
