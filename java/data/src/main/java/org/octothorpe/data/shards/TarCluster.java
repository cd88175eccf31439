package org.octothorpe.data.shards;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Parts of samples that follow each other in a shard and agree up to the first dot of their names,
 * and the samples that they make.
 *
 * <p>Image and label of one stem are a sample ({@code a.v2.jpg}, {@code a.v2.json}). A label
 * without such an image takes the first whose stem is its own, a dot, and more ({@code
 * 1.input.jpg}, {@code 1.json}), a JPEG before others; further images and labels of a sample
 * ({@code 1.seg.png}) are skipped. A cluster ends where the path up to the first dot changes, or,
 * so that any number of dotted names may follow each other, after {@value #LIMIT} parts.
 */
final class TarCluster {
  private static final int LIMIT = 256;

  /** The kind of a JPEG file. */
  static final String JPEG = "jpg";

  private final List<SamplePart> parts = new ArrayList<>();

  /** A sample. */
  record Found(String key, SamplePart image, @Nullable SamplePart json, @Nullable SamplePart cls) {}

  /** Takes what a cluster holds, in the order of the samples' first parts. */
  interface Sink {
    void sample(Found found) throws IOException;

    /** Takes a sample that has more than one part of a kind. */
    void twice(String key, long start);

    /** Takes parts of a stem that lack an image or a label. */
    void incomplete(String stem, List<SamplePart> of);

    /** Takes a part that costs no sample. */
    void note(String what, SamplePart part);
  }

  /** Returns where its first part starts in the tar. */
  long start() {
    return parts.get(0).member().start();
  }

  /** Returns whether a part belongs to it, coming next. */
  boolean takes(SamplePart part) {
    if (parts.isEmpty()) {
      return true;
    }
    SamplePart last = parts.get(parts.size() - 1);
    return parts.size() < LIMIT
        ? last.group().equals(part.group())
        : last.stem().equals(part.stem());
  }

  void add(SamplePart part) {
    parts.add(part);
  }

  /** Returns whether its last part is not one that lacks an image or a label. */
  boolean isWhole() throws IOException {
    if (parts.isEmpty()) {
      return true;
    }
    boolean[] whole = {true};
    String last = parts.get(parts.size() - 1).stem();
    resolve(
        new Sink() {
          @Override
          public void sample(Found found) {}

          @Override
          public void twice(String key, long start) {}

          @Override
          public void incomplete(String stem, List<SamplePart> of) {
            whole[0] &= !stem.equals(last);
          }

          @Override
          public void note(String what, SamplePart part) {}
        });
    return whole[0];
  }

  /** Forgets the parts of the last stem if they lack an image or a label. */
  void dropUnfinished() throws IOException {
    if (!isWhole()) {
      String last = parts.get(parts.size() - 1).stem();
      parts.removeIf(part -> part.stem().equals(last));
    }
  }

  /** Passes on what it holds. */
  void resolve(Sink sink) throws IOException {
    Map<String, List<SamplePart>> stems = new LinkedHashMap<>();
    for (SamplePart part : parts) {
      stems.computeIfAbsent(part.stem(), stem -> new ArrayList<>()).add(part);
    }
    Map<String, List<SamplePart>> taken = takeImages(stems);
    List<String> keys = new ArrayList<>();
    for (Map.Entry<String, List<SamplePart>> stem : stems.entrySet()) {
      boolean complete = hasImage(stem.getValue()) && hasLabel(stem.getValue());
      if (complete || taken.containsKey(stem.getKey())) {
        keys.add(stem.getKey());
      }
    }
    for (Map.Entry<String, List<SamplePart>> stem : stems.entrySet()) {
      String key = stem.getKey();
      List<SamplePart> of = stem.getValue();
      if (keys.contains(key)) {
        sample(key, of, taken.getOrDefault(key, List.of()), sink);
      } else if (taken.values().stream().noneMatch(images -> images.containsAll(of))) {
        SamplePart first = of.get(0);
        if (keys.stream().anyMatch(first::isBelow)) {
          of.forEach(part -> sink.note(further(part), part));
        } else {
          sink.incomplete(key, of);
        }
      }
    }
  }

  private static String further(SamplePart part) {
    return part.isImage()
        ? "further images of a sample were skipped"
        : "further labels of a sample were skipped";
  }

  /** Returns, for each label without an image of its stem, the images that belong to it. */
  private static Map<String, List<SamplePart>> takeImages(Map<String, List<SamplePart>> stems) {
    List<String> labels = new ArrayList<>();
    List<SamplePart> images = new ArrayList<>();
    stems.forEach(
        (stem, of) -> {
          if (!hasImage(of)) {
            labels.add(stem);
          } else if (!hasLabel(of)) {
            images.addAll(of);
          }
        });
    labels.sort((a, b) -> Integer.compare(b.length(), a.length())); // the nearest label has it
    Map<String, List<SamplePart>> taken = new HashMap<>();
    for (String label : labels) {
      List<SamplePart> own = images.stream().filter(image -> image.isBelow(label)).toList();
      if (!own.isEmpty()) {
        taken.put(label, own);
        images.removeAll(own);
      }
    }
    return taken;
  }

  private static boolean hasImage(List<SamplePart> parts) {
    return parts.stream().anyMatch(SamplePart::isImage);
  }

  private static boolean hasLabel(List<SamplePart> parts) {
    return parts.stream().anyMatch(part -> !part.isImage());
  }

  private static void sample(String key, List<SamplePart> of, List<SamplePart> taken, Sink sink)
      throws IOException {
    Map<String, SamplePart> kinds = new HashMap<>();
    for (SamplePart part : of) {
      if (kinds.put(part.kind(), part) != null) {
        sink.twice(key, part.member().start());
        return;
      }
    }
    List<SamplePart> images =
        taken.isEmpty() ? of.stream().filter(SamplePart::isImage).toList() : taken;
    SamplePart image =
        images.stream().filter(part -> part.kind().equals(JPEG)).findFirst().orElse(images.get(0));
    for (SamplePart other : images) {
      if (!other.equals(image)) {
        sink.note(further(other), other);
      }
    }
    if (!taken.isEmpty()) {
      sink.note("images named KEY.MORE.ENDING were taken for that of KEY.json or KEY.cls", image);
    }
    sink.sample(new Found(key, image, kinds.get("json"), kinds.get("cls")));
  }
}
