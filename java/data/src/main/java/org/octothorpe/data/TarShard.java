package org.octothorpe.data;

import com.fasterxml.jackson.databind.JsonNode;
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
 * .cls its class; others are passed over. A .json may have an {@code id} (the key, if not) and a
 * {@code repeat} (1, if not).
 */
final class TarShard implements TarIndex.Listener {
  private static final Set<String> KNOWN = Set.of("jpg", "jpeg", "json", "cls");
  private static final String APART =
      "; the files of one name must stand next to each other (tar --sort=name)";
  private static final long MAX_LABEL_BYTES = 1 << 20;
  private static final long MAX_IMAGE_BYTES = 1 << 28;

  private final Path path;
  private final FileChannel tar;
  private final Output output;
  private final BadSamples bad;
  private final @Nullable Set<String> keys; // null: who reads looks for ids that occur twice
  private @Nullable String key;
  private final Map<String, TarMember> group = new HashMap<>();
  private long groupStart;
  private boolean duplicate;
  private boolean apart;
  private boolean enough;
  private boolean broken;
  private long rest; // bytes behind the place where it broke; negative if it was cut
  private long count;

  /** Takes samples. */
  interface Output {
    /**
     * Takes a sample; returns whether more are wanted.
     *
     * @param id what the image is called in the whole data set
     * @param start where in the tar the sample starts, for {@link #read}
     */
    boolean sample(Sample sample, String id, long start) throws IOException;
  }

  private TarShard(
      Path path, FileChannel tar, Output output, @Nullable Set<String> keys, BadSamples bad) {
    this.path = path;
    this.tar = tar;
    this.output = output;
    this.keys = keys;
    this.bad = bad;
  }

  /** Indexes a shard: passes its good samples on, in its order, and counts the bad ones. */
  static void index(Path path, Consumer<Sample> samples, BadSamples bad) throws IOException {
    Output output =
        (sample, id, start) -> {
          samples.accept(sample);
          return true;
        };
    try (FileChannel tar = FileChannel.open(path)) {
      new TarShard(path, tar, output, new HashSet<>(), bad).readFrom(0);
    }
  }

  /**
   * Reads samples from a sample's start on. Those whose key occurs twice are passed on, unless they
   * follow each other: from amid the shard, the first would not be seen.
   */
  static void read(Path path, long start, Output output, BadSamples bad) throws IOException {
    try (FileChannel tar = FileChannel.open(path)) {
      new TarShard(path, tar, output, null, bad).readFrom(start);
    }
  }

  private void readFrom(long start) throws IOException {
    TarIndex.read(tar, start, this);
    if (!enough) {
      endGroup();
    }
    if (broken) {
      bad.addBroken(
          BadSamples.BrokenShard.of(
              path.toString(), count, tar.size() - start - Math.max(0, rest), rest));
    }
  }

  @Override
  public boolean enough() {
    return enough;
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
      groupStart = member.start();
      duplicate = false;
      apart = keys != null && !keys.add(memberKey);
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
  public void broken(String what, String reason, long bytes) throws IOException {
    broken = true;
    rest = bytes;
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
      if (apart) {
        bad(key + ".*", "the key occurs twice in the shard" + APART);
      } else if (duplicate) {
        bad(key + ".*", "the key occurs twice in the shard");
      } else if (image == null) {
        bad(key + ".*", "it has no .jpg" + APART);
      } else if (image.bytes() > MAX_IMAGE_BYTES) {
        bad(
            image.name(),
            "it has " + image.bytes() + " bytes; at most " + MAX_IMAGE_BYTES + " are read");
      } else if (json == null && cls == null) {
        bad(image.name(), "it has neither .json nor .cls" + APART);
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
      String id = String.valueOf(key);
      double repeat = 1;
      if (json != null) {
        reading = json;
        JsonNode object = TagFile.object(read(json));
        String where = path + ": " + json.name();
        tags = TagFile.tags(object, what -> bad.note(what, where));
        id = TagFile.id(object, id);
        repeat = TagFile.repeat(object);
      }
      int classId = Sample.NO_CLASS;
      if (cls != null) {
        reading = cls;
        classId = TagFile.classId(read(cls));
      }
      Sample sample =
          new Sample(
              path,
              image.name(),
              image.offset(),
              (int) image.bytes(),
              tags,
              classId,
              ImageKey.of(id).high(),
              repeat);
      count++;
      enough = !output.sample(sample, id, groupStart);
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
