package org.octothorpe.data.duplicates;

import java.util.Locale;

/** A way in which a pair of images was proposed; the cheapest first. */
public enum PairSource {
  /** Their files are the same, byte by byte. */
  BYTES,
  /** Their perceptual hashes, one mirrored or not, differ in few bits. */
  HASH,
  /** Shape and color on 8 x 8 cells are among the nearest. */
  SHAPE,
  /** A network's regional features are among the nearest. */
  NETWORK;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
