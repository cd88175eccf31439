package org.octothorpe.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.octothorpe.Shape;
import org.octothorpe.graph.Graph;
import org.octothorpe.graph.ParameterSpec;

class ResNeXtTest {
  private static Graph graphOf(ResNeXt network, int size) {
    Graph graph = new Graph(Shape.nhwc(1, size, size, 3));
    network.buildLogits(graph);
    return graph;
  }

  private static long parameters(Graph graph) {
    return graph.parameters().stream()
        .filter(p -> p.role().trained())
        .mapToLong(p -> p.shape().elements())
        .sum();
  }

  // torchvision 0.2x for 50 and 101 layers; 32x4d and 26 layers by adding up the layers by hand
  // (44.18 M is published for 32x4d).
  @ParameterizedTest
  @CsvSource({
    "resnext101_32x4d, 44177704",
    "resnext101_32x8d, 88791336",
    "resnext101_32x16d, 194026792",
    "resnext101_32x32d, 468530472",
    "resnext101_32x48d, 828411176",
    "resnext50_32x4d, 25028904"
  })
  void hasThePublishedNumberOfParameters(String name, long expected) {
    assertThat(parameters(graphOf(ResNeXt.of(name, 1000), 224))).isEqualTo(expected);
  }

  @Test
  void namesItsParametersAsTorchvision() {
    List<String> keys =
        graphOf(ResNeXt.resnext101_32x8d(1000), 224).parameters().stream()
            .map(ParameterSpec::key)
            .toList();
    assertThat(keys)
        .hasSize(626 - 104)
        .contains("conv1.weight", "layer3.22.bn3.running_var", "layer1.0.downsample.1.bias");
    assertThat(keys.subList(0, 7))
        .containsExactly(
            "conv1.weight",
            "bn1.weight",
            "bn1.bias",
            "bn1.running_mean",
            "bn1.running_var",
            "layer1.0.conv1.weight",
            "layer1.0.bn1.weight");
    assertThat(keys.subList(keys.size() - 2, keys.size())).containsExactly("fc.weight", "fc.bias");
  }

  @Test
  void smallStemKeepsSmallImagesLarge() {
    Graph graph = new Graph(Shape.nhwc(2, 32, 32, 3));
    ResNeXt network = ResNeXt.resnext26_32x4d(10).withStem(Stem.forImageSize(32));
    assertThat(network.buildLogits(graph).shape()).isEqualTo(Shape.of(2, 10));
    assertThat(graph.parameters().get(0).shape()).isEqualTo(Shape.of(64, 3, 3, 3));
  }

  @Test
  void refusesImpossibleNetworks() {
    assertThatThrownBy(() -> ResNeXt.of("resnet18", 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "model is 'resnet18', but must be DEPTH_GxCd with DEPTH one of [resnext101, resnext14, resnext26, resnext50]");
    assertThatThrownBy(() -> ResNeXt.resnext50_32x4d(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("classes is 0, but must be >= 1");
    assertThatThrownBy(() -> ResNeXt.resnext50_32x4d(7).withWidth(64, List.of(64, 128)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("planes is [64, 128]");
  }

  @Test
  void namesWhatIsWrongWithAName() {
    assertThatThrownBy(() -> ResNeXt.of("resnext14_1000x1000", 10))
        .hasMessageEndingWith("here the 'd' behind C is missing");
    assertThatThrownBy(() -> ResNeXt.of("resnext14_2x8d_w0", 10))
        .hasMessageContaining("the P of its suffix _w0 must be >= 1");
    assertThatThrownBy(() -> ResNeXt.of("resnext14_2x4d_w10", 10))
        .hasMessageContaining("suffix _w10")
        .hasMessageContaining("P times 4 (the C of GxCd) divisible by 64");
  }

  @Test
  void saysItsName() {
    assertThat(ResNeXt.of("resnext14_2x8d_w8", 6).withStem(Stem.SMALL))
        .hasToString("resnext14_2x8d_w8 with the small stem and 6 outputs");
    assertThat(ResNeXt.resnext101_32x8d(1000))
        .hasToString("resnext101_32x8d with the full stem and 1000 outputs");
  }

  @Test
  void refusesImagesThatAreTooSmall() {
    Graph graph = new Graph(Shape.nhwc(1, 1, 1, 3));
    assertThatThrownBy(() -> graph.conv("conv", graph.input(), 8, 5, 1, 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is smaller than the kernel 5 with padding 1");
  }
}
