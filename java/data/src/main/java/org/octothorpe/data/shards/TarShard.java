package org.octothorpe.data.shards;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.faults.MalformedException;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.samples.SampleKey;
import org.octothorpe.data.sources.IdScopes;
import org.octothorpe.data.tags.TagFile;
import org.octothorpe.data.tar.TarHeader;
import org.octothorpe.data.tar.TarIndex;
import org.octothorpe.data.tar.TarMember;
import org.octothorpe.data.tar.UnpackedShards;

/**
 * A WebDataset shard: a tar, perhaps compressed, in which the members of one sample follow each
 * other. .jpg, .jpeg, .png or .webp is the image, .json its tags, .cls its class; {@link
 * TarCluster} says which of them belong together. Others are skipped, and noted. A .json may have
 * an {@code id} ({@link IdScopes#id}, if not) and a {@code repeat} (1, if not).
 */
public final class TarShard implements TarIndex.Listener, TarCluster.Sink {
  private static final String TWICE = "the key occurs twice in the shard";
  private static final String APART =
      "; the files of one name must be next to each other (tar --sort=name)";
  private static final long MAX_LABEL_BYTES = 1 << 20;
  private static final long MAX_IMAGE_BYTES = 1 << 28;

  private final Path path;
  private final String scope;
  private final FileChannel tar;
  private final UnpackedShards.Content content;
  private final Output output;
  private final BadSamples bad;
  private final @Nullable Set<String> keys; // null: who reads looks for ids that occur twice
  private final Set<String> named = new HashSet<>(); // places of bad ones
  private final Map<String, List<SamplePart>> incomplete = new LinkedHashMap<>();
  private TarCluster cluster = new TarCluster();
  private long skip; // samples of the first cluster that were read before
  private long number; // of the next sample in its cluster
  private boolean enough;
  private @Nullable Damage damage;
  private long count;

  /**
   * The place from which nothing more can be read.
   *
   * @param rest bytes after it; negative if the shard was cut there
   */
  private record Damage(long rest) {}

  /** Takes samples. */
  public interface Output {
    /**
     * Takes a sample; returns whether more are wanted.
     *
     * @param id what the image is called in the whole data set
     * @param position where the sample is found again by {@link #read}
     */
    boolean sample(Sample sample, String id, long position) throws IOException;
  }

  private TarShard(
      Path path,
      String scope,
      FileChannel tar,
      UnpackedShards.Content content,
      Output output,
      @Nullable Set<String> keys,
      BadSamples bad) {
    this.path = path;
    this.scope = scope;
    this.tar = tar;
    this.content = content;
    this.output = output;
    this.keys = keys;
    this.bad = bad;
  }

  /**
   * Indexes a shard: passes its good samples on, in its order, and counts the bad ones.
   *
   * @param scope what {@link IdScopes} calls it
   */
  public static void index(Path path, String scope, Consumer<Sample> samples, BadSamples bad)
      throws IOException {
    Output output =
        (sample, id, start) -> {
          samples.accept(sample);
          return true;
        };
    read(path, scope, 0, output, new HashSet<>(), bad);
  }

  /**
   * Reads samples from the position of one on. Those whose key occurs twice are passed on, unless
   * they follow each other: from within the shard, the first would not be seen.
   */
  public static void read(Path path, String scope, long position, Output output, BadSamples bad)
      throws IOException {
    read(path, scope, position, output, null, bad);
  }

  private static void read(
      Path path,
      String scope,
      long position,
      Output output,
      @Nullable Set<String> keys,
      BadSamples bad)
      throws IOException {
    UnpackedShards.Content content = UnpackedShards.open(path, bad);
    try (FileChannel tar = FileChannel.open(content.tar())) {
      new TarShard(path, scope, tar, content, output, keys, bad).readFrom(position);
    }
  }

  // A position is the byte where a cluster starts, a multiple of 512, plus the sample's number
  // there.
  private void readFrom(long position) throws IOException {
    long start = position / TarHeader.BLOCK * TarHeader.BLOCK;
    skip = position - start;
    TarIndex.read(tar, start, this);
    if (!enough && content.isDamaged() && damage == null) {
      broken("byte " + tar.size(), "nothing follows", -1);
    }
    if (!enough) {
      endCluster();
      nameIncomplete();
    }
    Damage found = damage;
    if (found != null) {
      long rest = found.rest();
      long lost = content.isDamaged() ? content.lostBytes() : rest;
      bad.addBroken(
          BadSamples.BrokenShard.of(
              path.toString(), count, tar.size() - start - Math.max(0, rest), lost));
    }
  }

  @Override
  public boolean enough() {
    return enough;
  }

  @Override
  public void member(TarMember member) throws IOException {
    SamplePart part = SamplePart.of(member);
    if (part == null) {
      note(SamplePart.passedOver(member.name()), member.name());
      return;
    }
    if (!cluster.takes(part)) {
      endCluster();
    }
    cluster.add(part);
  }

  @Override
  public void note(String what, String where) {
    bad.note(what, path + ": " + where);
  }

  @Override
  public void note(String what, SamplePart part) {
    note(what, part.member().name());
  }

  private void bad(String what, String reason, long start) {
    // A shard may hold several members of one name.
    String where = named.add(what) ? what : what + " at byte " + start;
    bad.add(path + ": " + where, reason);
  }

  @Override
  public void unmarked() throws IOException {
    if (content.isDamaged()) {
      return; // said as that
    }
    if (cluster.isWhole()) {
      bad.note("tars have no end mark; if they were cut, what followed is lost", path.toString());
    } else {
      broken("byte " + tar.size(), "the tar ends without its end mark (truncated)", -1);
    }
  }

  @Override
  public void broken(String what, String reason, long bytes) throws IOException {
    damage = new Damage(bytes);
    String where = what + UnpackedShards.inside(path);
    bad(where, content.isDamaged() ? content.fault() : reason, 0);
    cluster.dropUnfinished(); // what it lacks is lost: part of the same damage
  }

  private void endCluster() throws IOException {
    number = 0;
    cluster.resolve(this);
    skip = 0;
    cluster = new TarCluster();
  }

  @Override
  public void twice(String key, long start) {
    if (keys != null) {
      keys.add(key);
    }
    bad(key + ".*", TWICE, start);
  }

  @Override
  public void incomplete(String stem, List<SamplePart> of) {
    incomplete.computeIfAbsent(stem, key -> new ArrayList<>()).addAll(of);
  }

  /** Names what lacks an image or a label, once it is known whether it is elsewhere. */
  private void nameIncomplete() {
    incomplete.forEach(
        (stem, of) -> {
          SamplePart first = of.get(0);
          TarMember member =
              of.stream()
                  .map(SamplePart::member)
                  .filter(part -> !part.obstacle().isEmpty())
                  .findFirst()
                  .orElse(first.member());
          boolean image = of.stream().anyMatch(SamplePart::isImage);
          boolean label = of.stream().anyMatch(part -> !part.isImage());
          if (!member.obstacle().isEmpty()) {
            bad(member.name(), member.obstacle(), member.start());
          } else if (keys != null && keys.contains(stem)) {
            bad(stem + ".*", TWICE + APART, member.start());
          } else if (image && label) {
            bad(stem + ".*", "its image and its label are apart" + APART, member.start());
          } else if (image) {
            bad(member.name(), "it has neither .json nor .cls", member.start());
          } else {
            bad(
                member.name(),
                "it has no image (.jpg, .jpeg, .png or .webp of that name)",
                member.start());
          }
        });
  }

  @Override
  public void sample(TarCluster.Found found) throws IOException {
    long position = cluster.start() + number++;
    if (enough || skip > 0) {
      skip--;
      return;
    }
    TarMember image = found.image().member();
    if (keys != null && !keys.add(found.key())) {
      bad(found.key() + ".*", TWICE + APART, image.start());
    } else if (!image.obstacle().isEmpty()) {
      bad(image.name(), image.obstacle(), image.start());
    } else if (image.bytes() > MAX_IMAGE_BYTES) {
      bad(
          image.name(),
          "it has " + image.bytes() + " bytes; at most " + MAX_IMAGE_BYTES + " are read",
          image.start());
    } else {
      addSample(found, image, position);
    }
  }

  private void addSample(TarCluster.Found found, TarMember image, long position)
      throws IOException {
    SamplePart json = found.json();
    SamplePart cls = found.cls();
    TarMember reading = image;
    try {
      List<String> tags = List.of();
      String id = IdScopes.id(scope, image.name());
      double repeat = 1;
      if (json != null) {
        reading = json.member();
        JsonNode object = TagFile.object(read(reading));
        String where = path + ": " + reading.name();
        tags = TagFile.tags(object, what -> bad.note(what, where));
        id = TagFile.id(object, id);
        repeat = TagFile.repeat(object);
      }
      int classId = Sample.NO_CLASS;
      if (cls != null) {
        reading = cls.member();
        classId = TagFile.classId(read(reading));
      }
      Sample sample =
          new Sample(
              path,
              image.name(),
              image.offset(),
              (int) image.bytes(),
              tags,
              classId,
              SampleKey.of(id).high(),
              repeat);
      if (!found.image().kind().equals(TarCluster.JPEG)) {
        note("images named .png or .webp were taken (JPEG is decoded faster)", image.name());
      }
      count++;
      enough = !output.sample(sample, id, position);
    } catch (MalformedException e) {
      bad(reading.name(), String.valueOf(e.getMessage()), reading.start());
    }
  }

  private byte[] read(TarMember member) throws IOException, MalformedException {
    if (!member.obstacle().isEmpty()) {
      throw new MalformedException(member.obstacle());
    }
    if (member.bytes() > MAX_LABEL_BYTES) {
      throw new MalformedException(
          "it has " + member.bytes() + " bytes; at most " + MAX_LABEL_BYTES + " are read");
    }
    byte[] bytes = new byte[(int) member.bytes()];
    TarIndex.readFully(tar, member.offset(), bytes);
    return bytes;
  }
}
