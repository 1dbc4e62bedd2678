import type { ModuleNode } from './module-tree.ts'

/** Names are ranked by what comes before what in a network: what takes the image, the trunk, the neck, the decoder, the head. */
export const STEM =
  /^_*(\w{0,40}stems?(_?\w{1,40})?|(conv|bn)_?stem\w{0,40}|(conv|block|layer)_?(in|0)|(conv|layer|block)?_?(first|init(ial)?)(_?\w{1,40})?|patch_?embed\w{0,40}|to_patch_embed\w{0,40}|(embed(d(er|ing)s?)?|embeddings)|input\w{0,40}|in_?(conv|proj|layer|block)\w{0,40}|inc|pre_?(conv|layer|process\w{0,40}|act)\w{0,40}|entry_?\w{0,40}|from_?rgb|sub_mean|normali[sz]e|conv_?head_?in)$/
const TRUNK_FIRST =
  /^_*(encoders?|enc|backbone|trunk|features?|body|down(_?(blocks?|layers?|convs?|path|s))?|contract\w{0,40})_?\d*$/
const NECK = /^_*(neck|fpn|pan|mid(dle)?(_?block\w{0,40})?|bottleneck|bridge|center|centre|aspp|ppm|bot)_?\d*$/
export const DECODER =
  /^_*(decoders?\d*|dec\d*|decode\w{0,40}|up(_?(blocks?|layers?|convs?|path|sample\w{0,40}|s))?_?\d*|up_?conv_?\d*|expansive\w{0,40}|generator)$/
const AUXILIARY = /^_*(aux\w{0,40}|dsn|side\w{0,40})$/i
const HEAD =
  /^_*((\w{1,40}_)?heads?(_\w{1,40})?|head\w{0,40}|tail|conv_?(last|out|head|final)\w{0,40}|final\w{0,40}|last_?\w{0,40}|out(put)?s?|out_?\w{0,40}|output_\w{1,40}|to_?rgbs?\d*|classif\w{0,40}|cls\w{0,40}|fc\d*|logits?|linear|predict\w{0,40}|pred\w{0,40}|seg_?\w{0,40}|exit_?\w{0,40})$/
export const DOWNSAMPLE = /^down_?sampl\w{0,40}$/
/** Words whose numbers count one sequence together: denseblock1, transition1, denseblock2. */
export const STAGE =
  /^(layers?|stages?|blocks?|dense_?blocks?|trans(ition)?s?|levels?|stacks?|groups?|res|mixed|down_?samples?|pools?|norms?|patch_?embeds?|features?)$/

/** What comes before what inside a block, where natural order would not have it so. Ranks between 2 and 3; 2.4 is everything else. */
const IN_BLOCK: readonly [part: RegExp, rank: number][] = [
  [/^(\w{0,40}reduc\w{0,40}|\w{0,40}squeeze\w{0,40}|primary\w{0,40}|conv_down|down_?conv)$/, 2],
  [/^(conv_?kxk|rbr_dense|conv_?exp(and)?\w{0,40}|_?expand_conv|inverted_?conv|qkv?|convs_?a)$/, 2.1],
  [
    /^(_?depthwise_?conv\w{0,40}|depth_?conv\w{0,40}|conv_?dw\w{0,40}|dw_?conv\w{0,40}|depthwise\w{0,40}|token_?mix\w{0,40}|modulation|spatial_\w{1,40}|local_mp|cpe\d*)$/,
    2.3,
  ],
  [/^(se|se_module|squeeze_?excite|_se_expand|attn\w{0,40}|attention\w{0,40}|self_?att\w{0,40})$/, 2.5],
  [
    /^(conv_?pwl\w{0,40}|_?project_?conv|point_?(wise)?_?conv\w{0,40}|pointwise\w{0,40}|pw_?linear|proj(ection)?|conv_?proj\w{0,40})$/,
    2.6,
  ],
  [/^(mlp\w{0,40}|ffn\w{0,40}|feed_?forward|channel_?mixer|incre_modules)$/, 2.7],
  [/^(conv_?(concat|cat)|concat\w{0,40}|aggregat\w{0,40}|root|fuse\w{0,40}|downsamp_modules)$/, 2.8],
]
const BLOCK = /^(block|mixed|repeat|layer|stage|inception|dense_?block)_?\d/

/** What the ranks of a module's children ask about all of them. */
interface Siblings {
  readonly hasProjection: boolean
  readonly hasBodyOrTail: boolean
  readonly hasBlocks: boolean
  /** Largest input of the convolutions in blocks; undefined where there are none. */
  readonly widestInBlocks: number | undefined
}

/** By the children of a module, of which there may be thousands: each of them asks. */
const known = new WeakMap<ModuleNode['children'], Siblings>()

function siblingsIn(children: ModuleNode['children']): Siblings {
  const before = known.get(children)
  if (before) return before
  const names = [...children.keys()].map((name) => name.toLowerCase())
  const blocks = [...children.values()].filter(({ part }) => BLOCK.test(part.toLowerCase()))
  const siblings = {
    hasProjection: names.some((name) => /^conv_?pwl$/.test(name)),
    hasBodyOrTail: names.some((name) => /^(body|tail)$/.test(name)),
    hasBlocks: blocks.length > 0,
    widestInBlocks: blocks.reduce<number | undefined>(
      (most, { convolutions, widest }) => (convolutions > 0 ? Math.max(most ?? 0, widest) : most),
      undefined,
    ),
  }
  known.set(children, siblings)
  return siblings
}

/** Where among its siblings a module stands: 0 stem … 5 head; 2.4 for what names do not say. The tree is complete when it is asked. */
export function rankOf(part: string, { children }: ModuleNode): number {
  const name = part.toLowerCase()
  const siblings = siblingsIn(children)
  // A pointwise convolution expands where another one projects, and projects where it is alone.
  if (/^conv_?pw$/.test(name)) return siblings.hasProjection ? 2.1 : 2.6
  if (name === 'head' && siblings.hasBodyOrTail) return 0 // EDSR and its kin
  if (STEM.test(name)) return 0
  if (TRUNK_FIRST.test(name)) return 1.5
  if (AUXILIARY.test(name)) return 4.5
  if (NECK.test(name)) return 3
  if (DECODER.test(name)) return 4
  if (HEAD.test(name)) return 5
  // Inception: conv2d_2a … before block8, mixed_5b …
  if (/^conv\w{0,40}\d\w?$/.test(name) && siblings.hasBlocks) {
    // Xception: conv3 takes more channels than any of the blocks, so it stands behind them.
    const { widestInBlocks } = siblings
    return widestInBlocks !== undefined && widestInBlocks < (children.get(part)?.widest ?? 0) ? 2.9 : 2.2
  }
  return IN_BLOCK.find(([pattern]) => pattern.test(name))?.[1] ?? 2.4
}
