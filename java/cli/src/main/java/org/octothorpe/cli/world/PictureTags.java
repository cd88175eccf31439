package org.octothorpe.cli.world;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.octothorpe.cli.world.Picture.Placed;
import org.octothorpe.random.Philox;

/**
 * What people write under a picture: a word for the thing or a synonym of it, sometimes a wider
 * word, the scene, the color, words that say nothing of the image, and now and then a wrong word or
 * none.
 */
final class PictureTags {
  /** Share of images whose main thing no tag names. */
  private static final double MISSING = 0.08;

  /** Share of images whose main thing is named wrongly. */
  private static final double WRONG = 0.06;

  private static final List<String> NOISE =
      List.of(
          "instagood",
          "love",
          "photooftheday",
          "picoftheday",
          "nofilter",
          "happy",
          "follow",
          "like4like",
          "tbt",
          "weekend",
          "mood",
          "style",
          "art",
          "life",
          "fun",
          "smile",
          "monday",
          "friends",
          "vibes",
          "goals");

  private PictureTags() {}

  /** Returns the tags of a picture, in the order and spelling in which they were written. */
  static List<String> write(Picture picture, Philox random) {
    Set<String> tags = new LinkedHashSet<>();
    double fate = random.nextDouble();
    if (fate >= MISSING) {
      Thing[] all = Thing.values();
      Thing named = fate < MISSING + WRONG ? all[random.nextInt(all.length)] : picture.main();
      tags.add(zipf(named.words(), random));
      if (random.nextDouble() < 0.25) {
        tags.add(zipf(named.words(), random));
      }
      if (random.nextDouble() < 0.25) {
        tags.add(zipf(named.wider(), random));
      }
    }
    List<Placed> things = picture.things();
    for (Placed other : things.subList(1, things.size())) {
      if (random.nextDouble() < 0.25) {
        tags.add(zipf(other.thing().words(), random));
      }
    }
    if (random.nextDouble() < 0.35) {
      tags.add(zipf(picture.backdrop().words(), random));
    }
    if (random.nextDouble() < 0.15) {
      tags.add(things.get(0).color().word());
    }
    int noise = random.nextInt(2);
    while (noise-- > 0 || tags.isEmpty()) {
      tags.add(zipf(NOISE, random));
    }
    List<String> written = new ArrayList<>();
    for (String tag : tags) {
      written.add(spell(tag, random));
    }
    return written;
  }

  /** Returns word r (from 1) with a probability that falls as 1/r. */
  static String zipf(List<String> words, Philox random) {
    return words.get(zipf(words.size(), 1, random));
  }

  /** Returns rank r - 1 of {@code count} ranks with a probability that falls as r^-exponent. */
  static int zipf(int count, double exponent, Philox random) {
    double total = 0;
    for (int rank = 1; rank <= count; rank++) {
      total += StrictMath.pow(rank, -exponent);
    }
    double draw = random.nextDouble() * total;
    for (int rank = 1; rank < count; rank++) {
      draw -= StrictMath.pow(rank, -exponent);
      if (draw < 0) {
        return rank - 1;
      }
    }
    return count - 1;
  }

  private static String spell(String tag, Philox random) {
    return switch (random.nextInt(12)) {
      case 0 -> "#" + tag;
      case 1 -> tag.toUpperCase(Locale.ROOT);
      case 2 -> "#" + Character.toUpperCase(tag.charAt(0)) + tag.substring(1);
      default -> tag;
    };
  }
}
