package org.octothorpe.data;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A WebDataset shard: a tar in which the members of one sample follow each other and share a key,
 * their path up to the first dot of the last component. .jpg or .jpeg is the image, .json its tags,
 * .cls its class; others are passed over.
 */
final class TarShard implements TarIndex.Listener {
  private static final Set<String> KNOWN = Set.of("jpg", "jpeg", "json", "cls");
  private static final long MAX_LABEL_BYTES = 1 << 20;
  private static final long MAX_IMAGE_BYTES = 1 << 28;

  private final Path path;
  private final FileChannel tar;
  private final Consumer<Sample> samples;
  private final BadSamples bad;
  private final Set<String> keys = new HashSet<>();
  private @Nullable String key;
  private final Map<String, TarMember> group = new HashMap<>();
  private boolean duplicate;
  private boolean broken;
  private long count;

  private TarShard(Path path, FileChannel tar, Consumer<Sample> samples, BadSamples bad) {
    this.path = path;
    this.tar = tar;
    this.samples = samples;
    this.bad = bad;
  }

  /** Indexes a shard: passes its good samples on, in its order, and counts the bad ones. */
  static void index(Path path, Consumer<Sample> samples, BadSamples bad) throws IOException {
    try (FileChannel tar = FileChannel.open(path)) {
      TarShard shard = new TarShard(path, tar, samples, bad);
      TarIndex.read(tar, shard);
      shard.endGroup();
      if (shard.broken) {
        bad.addBroken(new BadSamples.BrokenShard(path.toString(), shard.count));
      }
    }
  }

  @Override
  public void member(TarMember member) throws IOException {
    String name = member.name();
    int slash = name.lastIndexOf('/');
    int dot = name.indexOf('.', slash + 1);
    if (dot <= slash + 1) {
      return; // no extension, or a hidden file
    }
    String memberKey = name.substring(0, dot);
    if (!memberKey.equals(key)) {
      endGroup();
      key = memberKey;
      duplicate = !keys.add(memberKey);
    }
    String extension = name.substring(dot + 1).toLowerCase(Locale.ROOT);
    if (KNOWN.contains(extension)) {
      duplicate |= group.put(extension.equals("jpeg") ? "jpg" : extension, member) != null;
    }
  }

  @Override
  public void bad(String what, String reason) {
    bad.add(path + ": " + what, reason);
  }

  @Override
  public void broken(String what, String reason) throws IOException {
    broken = true;
    bad(what, reason);
    if (!group.containsKey("jpg") || group.size() == 1) {
      group.clear(); // what it lacks is lost: part of the same damage
    }
  }

  private void endGroup() throws IOException {
    TarMember image = group.get("jpg");
    TarMember json = group.get("json");
    TarMember cls = group.get("cls");
    if (!group.isEmpty()) {
      if (duplicate) {
        bad(key + ".*", "the key occurs twice in the shard");
      } else if (image == null) {
        bad(key + ".*", "it has no .jpg");
      } else if (image.bytes() > MAX_IMAGE_BYTES) {
        bad(
            image.name(),
            "it has " + image.bytes() + " bytes; at most " + MAX_IMAGE_BYTES + " are read");
      } else if (json == null && cls == null) {
        bad(image.name(), "it has neither .json nor .cls");
      } else {
        addSample(image, json, cls);
      }
    }
    group.clear();
  }

  private void addSample(TarMember image, @Nullable TarMember json, @Nullable TarMember cls)
      throws IOException {
    TarMember reading = image;
    try {
      List<String> tags = List.of();
      if (json != null) {
        reading = json;
        tags = TagFile.tags(TagFile.object(read(json)));
      }
      int classId = Sample.NO_CLASS;
      if (cls != null) {
        reading = cls;
        classId = TagFile.classId(read(cls));
      }
      samples.accept(
          new Sample(path, image.name(), image.offset(), (int) image.bytes(), tags, classId));
      count++;
    } catch (TagFile.Malformed e) {
      bad.add(path + ": " + reading.name(), String.valueOf(e.getMessage()));
    }
  }

  private byte[] read(TarMember member) throws IOException, TagFile.Malformed {
    if (member.bytes() > MAX_LABEL_BYTES) {
      throw new TagFile.Malformed(
          "it has " + member.bytes() + " bytes; at most " + MAX_LABEL_BYTES + " are read");
    }
    byte[] bytes = new byte[(int) member.bytes()];
    TarIndex.readFully(tar, member.offset(), bytes);
    return bytes;
  }
}
