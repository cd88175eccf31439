package org.octothorpe.models;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.graph.Graph;
import org.octothorpe.graph.Value;

/**
 * A residual network of bottlenecks whose 3x3 convolutions are grouped, in torchvision's
 * conventions, so that its public weights load.
 *
 * <p>Stage s has {@code layers[s]} bottlenecks of 1x1, grouped 3x3 (which carries the stride) and
 * 1x1 convolution, each with batch norm; the grouped width is {@code planes[s] * widthPerGroup / 64
 * * groups}, the output {@code 4 planes[s]}.
 *
 * @param layers bottlenecks of each stage
 * @param groups groups of the 3x3 convolutions, the cardinality
 * @param widthPerGroup the C of 32xCd
 * @param stem the first layers
 * @param stemChannels output channels of the stem
 * @param planes base width of each stage; torchvision's 64, 128, 256, 512
 * @param classes outputs of the last layer: the size of the vocabulary
 * @see <a href="https://arxiv.org/abs/1611.05431">Xie et al. 2017, "Aggregated Residual
 *     Transformations"</a>
 */
public record ResNeXt(
    List<Integer> layers,
    int groups,
    int widthPerGroup,
    Stem stem,
    int stemChannels,
    List<Integer> planes,
    int classes) {
  private static final int EXPANSION = 4;
  private static final List<Integer> PLANES = List.of(64, 128, 256, 512);
  private static final Map<String, List<Integer>> DEPTHS =
      new TreeMap<>(
          Map.of(
              "resnext14", List.of(1, 1, 1, 1),
              "resnext26", List.of(2, 2, 2, 2),
              "resnext50", List.of(3, 4, 6, 3),
              "resnext101", List.of(3, 4, 23, 3)));

  /** Checks the numbers. */
  public ResNeXt {
    layers = List.copyOf(layers);
    planes = List.copyOf(planes);
    if (layers.isEmpty() || layers.stream().anyMatch(n -> n < 1)) {
      throw new IllegalArgumentException(
          "layers is " + layers + ", but every stage must have at least 1 bottleneck");
    }
    if (planes.size() != layers.size()) {
      throw new IllegalArgumentException(
          "planes is " + planes + ", but must have one entry for each of layers " + layers);
    }
    requirePositive("groups", groups);
    requirePositive("widthPerGroup", widthPerGroup);
    requirePositive("stemChannels", stemChannels);
    requirePositive("classes", classes);
    for (int p : planes) {
      if (p < 1 || (long) p * widthPerGroup % 64 != 0) {
        throw new IllegalArgumentException(
            "planes is "
                + planes
                + " and widthPerGroup is "
                + widthPerGroup
                + ", but their products must be divisible by 64");
      }
    }
  }

  /** Returns ResNeXt-101 32x4d. */
  public static ResNeXt resnext101_32x4d(int classes) {
    return of("resnext101_32x4d", classes);
  }

  /** Returns ResNeXt-101 32x8d: 88,791,336 parameters with 1,000 classes. */
  public static ResNeXt resnext101_32x8d(int classes) {
    return of("resnext101_32x8d", classes);
  }

  /** Returns ResNeXt-101 32x16d: 194,026,792 parameters with 1,000 classes. */
  public static ResNeXt resnext101_32x16d(int classes) {
    return of("resnext101_32x16d", classes);
  }

  /** Returns ResNeXt-101 32x32d: 468,530,472 parameters with 1,000 classes. */
  public static ResNeXt resnext101_32x32d(int classes) {
    return of("resnext101_32x32d", classes);
  }

  /** Returns ResNeXt-101 32x48d: 828,411,176 parameters with 1,000 classes. */
  public static ResNeXt resnext101_32x48d(int classes) {
    return of("resnext101_32x48d", classes);
  }

  /** Returns ResNeXt-50 32x4d. */
  public static ResNeXt resnext50_32x4d(int classes) {
    return of("resnext50_32x4d", classes);
  }

  /** Returns ResNeXt-26 32x4d: two bottlenecks a stage. */
  public static ResNeXt resnext26_32x4d(int classes) {
    return of("resnext26_32x4d", classes);
  }

  /**
   * Returns the network of a name such as {@code resnext101_32x8d}: depth 14, 26, 50 or 101, groups
   * x width per group; {@code _w32} after it halves the width of everything.
   *
   * @throws IllegalArgumentException if the name has another form; the message says which
   */
  public static ResNeXt of(String name, int classes) {
    java.util.regex.Matcher matcher =
        java.util.regex.Pattern.compile("(resnext\\d+)_(\\d{1,3})x(\\d{1,3})d(?:_w(\\d{1,4}))?")
            .matcher(name.toLowerCase(Locale.ROOT));
    if (!matcher.matches() || !DEPTHS.containsKey(matcher.group(1))) {
      throw new IllegalArgumentException(
          "model is '"
              + name
              + "', but must be DEPTH_GxCd with DEPTH one of "
              + DEPTHS.keySet()
              + ", G groups and C channels per group (of up to 3 digits), as in resnext101_32x8d;"
              + " _wP after it sets the planes of the first stage, 64 unless given"
              + (name.matches("(?i)resnext\\d+_\\d+x\\d+(_w\\d+)?")
                  ? "; here the 'd' behind C is missing"
                  : ""));
    }
    String width = matcher.group(4);
    int first = width == null ? PLANES.get(0) : Integer.parseInt(width);
    int perGroup = Integer.parseInt(matcher.group(3));
    if (first < 1 || (long) first * perGroup % PLANES.get(0) != 0) {
      throw new IllegalArgumentException(
          "model is '"
              + name
              + "', but the P of its suffix _w"
              + first
              + " must be >= 1, and P times "
              + perGroup
              + " (the C of GxCd) divisible by "
              + PLANES.get(0));
    }
    return new ResNeXt(
        DEPTHS.get(matcher.group(1)),
        Integer.parseInt(matcher.group(2)),
        perGroup,
        Stem.FULL,
        first,
        List.of(first, 2 * first, 4 * first, 8 * first),
        classes);
  }

  /** Returns this network with another stem. */
  public ResNeXt withStem(Stem other) {
    return new ResNeXt(layers, groups, widthPerGroup, other, stemChannels, planes, classes);
  }

  /** Returns this network with another number of outputs. */
  public ResNeXt withClasses(int count) {
    return new ResNeXt(layers, groups, widthPerGroup, stem, stemChannels, planes, count);
  }

  /** Returns this network with another width: stem channels and planes. */
  public ResNeXt withWidth(int newStemChannels, List<Integer> newPlanes) {
    return new ResNeXt(layers, groups, widthPerGroup, stem, newStemChannels, newPlanes, classes);
  }

  /** Returns the number of pooled features, the inputs of the last layer. */
  public int features() {
    return EXPANSION * planes.get(planes.size() - 1);
  }

  /** Returns a network of this architecture on a device, uninitialized. */
  public Network on(Device device) {
    return new Network(this, device);
  }

  /**
   * Appends everything up to the pooled features [N, {@link #features()}] to a graph and returns
   * them.
   */
  public Value buildFeatures(Graph graph) {
    return graph.globalAveragePool("avgpool", buildFeatureMap(graph));
  }

  /**
   * Appends everything up to the output of the last stage, [N, P, Q, {@link #features()}], to a
   * graph and returns it.
   */
  public Value buildFeatureMap(Graph graph) {
    Value x = graph.input();
    if (stem == Stem.FULL) {
      x = graph.conv("conv1", x, stemChannels, 7, 2, 3, 1);
    } else {
      x = graph.conv("conv1", x, stemChannels, 3, 2, 1, 1);
    }
    x = graph.relu("relu", graph.batchNorm("bn1", x, 1));
    if (stem == Stem.FULL) {
      x = graph.maxPool("maxpool", x, 3, 2, 1);
    }
    for (int stage = 0; stage < layers.size(); stage++) {
      for (int block = 0; block < layers.get(stage); block++) {
        int stride = stage > 0 && block == 0 ? 2 : 1;
        x = bottleneck(graph, "layer" + (stage + 1) + "." + block, x, planes.get(stage), stride);
      }
    }
    return x;
  }

  /** Appends the whole network to a graph and returns the logits, [N, classes]. */
  public Value buildLogits(Graph graph) {
    return graph.linear("fc", buildFeatures(graph), classes);
  }

  private Value bottleneck(Graph graph, String name, Value x, int base, int stride) {
    long width = (long) base * widthPerGroup / 64 * groups;
    long outputs = (long) base * EXPANSION;
    Value y = graph.conv(name + ".conv1", x, width, 1, 1, 0, 1);
    y = graph.relu(name + ".relu1", graph.batchNorm(name + ".bn1", y, 1));
    y = graph.conv(name + ".conv2", y, width, 3, stride, 1, groups);
    y = graph.relu(name + ".relu2", graph.batchNorm(name + ".bn2", y, 1));
    y = graph.conv(name + ".conv3", y, outputs, 1, 1, 0, 1);
    y = graph.batchNorm(name + ".bn3", y, 0);
    Value shortcut = x;
    Shape in = x.shape();
    if (stride != 1 || in.get(3) != outputs) {
      shortcut = graph.conv(name + ".downsample.0", x, outputs, 1, stride, 0, 1);
      shortcut = graph.batchNorm(name + ".downsample.1", shortcut, 1);
    }
    return graph.relu(name + ".relu3", graph.add(name + ".add", y, shortcut));
  }

  /** Returns the name that {@link #of} takes, stem and classes; for a network without one, all. */
  @Override
  public String toString() {
    int first = planes.get(0);
    String depth =
        DEPTHS.entrySet().stream()
            .filter(entry -> entry.getValue().equals(layers))
            .map(Map.Entry::getKey)
            .findFirst()
            .orElse("resnext" + layers);
    boolean usual = planes.equals(List.of(first, 2 * first, 4 * first, 8 * first));
    return depth
        + "_"
        + groups
        + "x"
        + widthPerGroup
        + "d"
        + (usual && first == PLANES.get(0) ? "" : "_w" + (usual ? first : planes))
        + " with "
        + (stemChannels == first ? "" : stemChannels + " channels in ")
        + (stem == Stem.FULL ? "the full stem" : "the small stem")
        + " and "
        + classes
        + (classes == 1 ? " output" : " outputs");
  }

  private static void requirePositive(String what, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(what + " is " + value + ", but must be >= 1");
    }
  }
}
