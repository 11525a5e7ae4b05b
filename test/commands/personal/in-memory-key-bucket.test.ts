import test from 'ava'
import { InMemoryKeyBucket } from '../../../commands/personal/in-memory-key-bucket.ts'
import { keyBucketContract } from './key-bucket.contract.ts'

keyBucketContract(test, async () => new InMemoryKeyBucket())
