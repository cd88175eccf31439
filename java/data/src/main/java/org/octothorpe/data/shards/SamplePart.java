package org.octothorpe.data.shards;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.files.ImageFormat;
import org.octothorpe.data.tar.TarMember;

/**
 * A member of a shard that is a part of a sample: its image, its tags or its class.
 *
 * <p>The last ending of its name says which, in any case; what precedes it is the stem, dots and
 * all. Image and labels of one stem are a sample, whose key the stem is. A label may have the whole
 * name of its image before its ending ({@code 1.jpg.json}).
 *
 * @param member where it is
 * @param stem its path without the ending
 * @param kind {@code json}, {@code cls}, or the ending of an image's format
 */
record SamplePart(TarMember member, String stem, String kind) {
  private static final String JSON = "json";
  private static final String CLS = "cls";

  /** Returns what a member is a part of; null if it is none, for the {@link #passedOver} reason. */
  static @Nullable SamplePart of(TarMember member) {
    String name = member.name();
    if (!passedOver(name).isEmpty()) {
      return null;
    }
    int dot = name.lastIndexOf('.');
    String stem = name.substring(0, dot);
    String kind = name.substring(dot + 1).toLowerCase(Locale.ROOT);
    if (isLabel(kind)) {
      int before = stem.lastIndexOf('.');
      boolean ofFile = before > start(stem) && ImageFormat.isExtension(stem.substring(before + 1));
      return new SamplePart(member, ofFile ? stem.substring(0, before) : stem, kind);
    }
    return new SamplePart(member, stem, kind.equals("jpeg") ? "jpg" : kind);
  }

  /** Returns why a name is of no sample, in the plural, or "" if it is. */
  static String passedOver(String name) {
    int start = start(name);
    if (name.startsWith("._", start) || ("/" + name).contains("/__MACOSX/")) {
      return "files of macOS beside the real ones (._NAME, __MACOSX) were skipped";
    }
    if (name.startsWith(".", start)) {
      return "hidden files (names that begin with a dot) were skipped";
    }
    String ending = name.substring(Math.max(start, name.lastIndexOf('.') + 1));
    boolean known =
        name.lastIndexOf('.') > start
            && (isLabel(ending.toLowerCase(Locale.ROOT)) || ImageFormat.isExtension(ending));
    return known
        ? ""
        : "files that are neither image (.jpg, .jpeg, .png, .webp) nor label (.json, .cls) were"
            + " skipped";
  }

  private static int start(String name) {
    return name.lastIndexOf('/') + 1;
  }

  private static boolean isLabel(String kind) {
    return kind.equals(JSON) || kind.equals(CLS);
  }

  /** Returns its path up to the first dot of its name: parts of a sample agree in it. */
  String group() {
    return stem.substring(0, dotOrEnd(stem));
  }

  private static int dotOrEnd(String stem) {
    int dot = stem.indexOf('.', start(stem));
    return dot < 0 ? stem.length() : dot;
  }

  boolean isImage() {
    return !isLabel(kind);
  }

  boolean isJson() {
    return kind.equals(JSON);
  }

  /** Returns whether its stem is another, a dot, and more. */
  boolean isBelow(String other) {
    return stem.length() > other.length()
        && stem.startsWith(other)
        && stem.charAt(other.length()) == '.';
  }
}
